package io.podoffload.binder.diagnosis;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the cluster shows.
 *
 * @param networks NetworkAttachmentDefinitions by {@code namespace/name}; empty where the cluster does not know the kind
 * @param wanted the networks of the profiles, and the resource of each
 * @param subnetProviders {@code spec.provider} of all Subnets of Kube-OVN; empty where the cluster does not know the kind
 * @param allocatable resources of the profiles, and how many of each all nodes have
 * @param enableLb {@code --enable-lb} of kube-ovn-controller; empty where it was not found
 * @param multusArguments of Multus' DaemonSet; empty where it was not found
 */
public record ClusterFacts(
        Optional<Map<String, Network>> networks,
        Map<String, String> wanted,
        Optional<Set<String>> subnetProviders,
        Map<String, Long> allocatable,
        Optional<Boolean> enableLb,
        Optional<List<String>> multusArguments) {

    /**
     * A NetworkAttachmentDefinition.
     *
     * @param provider of its configuration, empty if there is none
     * @param resourceName of its annotation, empty if there is none
     */
    public record Network(String provider, String resourceName) {}

    /** A profile's network that is there, and the resource that the profile names. */
    record Used(String name, String resource, Network network) {}

    Stream<Used> used() {
        Map<String, Network> known = networks.orElse(Map.of());
        return wanted.entrySet().stream()
                .flatMap(entry -> Optional.ofNullable(known.get(entry.getKey())).stream()
                        .map(network -> new Used(entry.getKey(), entry.getValue(), network)));
    }

    /** {@code <name>.<namespace>.ovn}. */
    static String provider(String network) {
        int slash = network.indexOf('/');
        return network.substring(slash + 1) + "." + network.substring(0, slash) + ".ovn";
    }
}
