package io.podoffload.binder.kube;

import io.podoffload.binder.binding.PciAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Networks as Multus has them in annotations: selected in two forms, a list of names or JSON, and reported as JSON.
 *
 * @see <a href="https://github.com/k8snetworkplumbingwg/multi-net-spec">Network Custom Resource De-facto Standard</a>
 */
final class NetworkList {

    private static final JsonMapper JSON = JsonMapper.shared();

    /** Characters of an annotation, of which 64 networks in JSON need a quarter. */
    private static final int LONGEST = 65_536;

    private static final int MOST = 64;

    private NetworkList() {}

    /** A NetworkAttachmentDefinition by its name. */
    record Network(String namespace, String name) {

        /** Kube-OVN computes the provider from the name, whatever the definition's own configuration says. */
        String provider() {
            return name + "." + namespace + ".ovn";
        }

        /** {@code [<namespace>/]<name>[@<interface>]}. */
        static Network parse(String text, String podNamespace) {
            String name = text.strip().replaceFirst("@.*", "");
            int slash = name.indexOf('/');
            return slash < 0
                    ? new Network(podNamespace, name)
                    : new Network(name.substring(0, slash), name.substring(slash + 1));
        }
    }

    /**
     * Those that an annotation selects; none of an annotation that is not there or that Multus could not read either.
     *
     * @throws UnreadableAnnotation if it selects more than a pod can have
     */
    static List<Network> read(Map<String, String> annotations, String key, String podNamespace) {
        String annotation = annotations.getOrDefault(key, "");
        if (annotation.length() > LONGEST) {
            throw new UnreadableAnnotation("annotation " + key + " has more than " + LONGEST + " characters", null);
        }
        List<Network> networks = parse(annotation.strip(), podNamespace);
        if (networks.size() > MOST) {
            throw new UnreadableAnnotation(
                    "annotation " + key + " has " + networks.size() + " networks; at most " + MOST + " are read", null);
        }
        return networks;
    }

    private static List<Network> parse(String annotation, String podNamespace) {
        List<Network> networks = new ArrayList<>();
        if (annotation.isEmpty()) {
            return networks;
        }
        if (!annotation.startsWith("[")) {
            for (String name : annotation.split(",")) {
                networks.add(Network.parse(name, podNamespace));
            }
            return networks;
        }
        try {
            for (JsonNode network : JSON.readTree(annotation)) {
                networks.add(new Network(
                        network.path("namespace").asString(podNamespace),
                        network.path("name").asString("")));
            }
            return networks;
        } catch (JacksonException e) {
            return List.of(); // the pod cannot have started with it
        }
    }

    /** The network of which network-status says that its interface is on this device. */
    static Optional<Network> ofDevice(@Nullable String networkStatus, PciAddress pci) {
        if (networkStatus == null || networkStatus.length() > LONGEST) {
            return Optional.empty();
        }
        try {
            for (JsonNode network : JSON.readTree(networkStatus)) {
                JsonNode address = network.path("device-info").path("pci").path("pci-address");
                if (address.asString("").equalsIgnoreCase(pci.value())) {
                    return Optional.of(Network.parse(network.path("name").asString(""), ""));
                }
            }
            return Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty(); // not written by Multus; nothing can be learned from it
        }
    }
}
