package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.MacAddress;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodNetwork;
import io.podoffload.binder.binding.PodNetwork.DefaultRoute;
import io.podoffload.binder.binding.PodRef;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A pod as the binder sees it: what Multus and Kube-OVN wrote into its annotations.
 *
 * <p>Kube-OVN prefixes its keys with the network's provider, {@code <nad>.<namespace>.ovn.kubernetes.io/…}.
 */
public final class PodView {

    private static final Pattern IP_LITERAL = Pattern.compile("[0-9a-fA-F:.]*[:.][0-9a-fA-F:.]*");
    private static final Pattern INTERFACE_NAME = Pattern.compile("[^\\s/:]{1,15}");

    private final Pod pod;
    private final Map<String, String> annotations;

    public PodView(Pod pod) {
        this.pod = pod;
        @Nullable Map<String, String> map = pod.getMetadata().getAnnotations();
        this.annotations = map == null ? Map.of() : map;
    }

    public PodRef ref() {
        return new PodRef(
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                pod.getMetadata().getUid());
    }

    /** A finished pod owns nothing, whatever the kubelet still lists. */
    public boolean finished() {
        String phase =
                pod.getStatus() == null ? "" : String.valueOf(pod.getStatus().getPhase());
        return phase.equals("Succeeded") || phase.equals("Failed");
    }

    /** The pod's condition of this type. */
    Optional<PodCondition> condition(String type) {
        return pod.getStatus() == null || pod.getStatus().getConditions() == null
                ? Optional.empty()
                : pod.getStatus().getConditions().stream()
                        .filter(condition -> type.equals(condition.getType()))
                        .findFirst();
    }

    /** The provider of the pod's default network, {@code <nad>.<namespace>.ovn}, if the pod names one. */
    public Optional<String> provider() {
        @Nullable String network = annotations.get(Annotations.DEFAULT_NETWORK);
        if (network == null || network.isBlank()) {
            return Optional.empty();
        }
        String[] parts = network.strip().split("/", 2);
        return Optional.of(
                parts.length == 2 ? parts[1] + "." + parts[0] + ".ovn" : parts[0] + "." + ref().namespace() + ".ovn");
    }

    /**
     * What Kube-OVN allotted for {@code provider}; empty while it has not.
     *
     * @throws IllegalArgumentException naming the annotation that cannot be read
     */
    public Optional<PodNetwork> network(String provider) {
        if (!"true".equals(annotation(provider, "allocated").orElse(""))) {
            return Optional.empty();
        }
        List<String> ips = ips(provider, "ip_address");
        List<String> cidrs = list(annotation(provider, "cidr"));
        List<InterfaceAddress> addresses = new ArrayList<>();
        for (int index = 0; index < ips.size(); index++) {
            addresses.add(new InterfaceAddress(ips.get(index), prefixLength(provider, ips.get(index), cidrs, index)));
        }
        return Optional.of(new PodNetwork(
                ifaceId(provider),
                annotation(provider, "mac_address").map(MacAddress::new),
                addresses,
                gateways(provider, addresses),
                mtu(provider),
                annotation(provider, "provider_network").isEmpty(),
                defaultRoute(provider)));
    }

    /** Name of the OVN logical switch port: kube-ovn's PodNameToPortName. */
    private String ifaceId(String provider) {
        PodRef ref = ref();
        String port = ref.name() + "." + ref.namespace();
        return provider.equals("ovn") ? port : port + "." + provider;
    }

    /** The interface name that the pod asks for; one that the kernel would refuse is ignored. */
    public Optional<String> interfaceName() {
        return Optional.ofNullable(annotations.get(Annotations.INTERFACE))
                .filter(name -> INTERFACE_NAME.matcher(name).matches());
    }

    /** Whether a CNI reported an interface with this VF. */
    public boolean reportsInterfaceOn(PciAddress pci) {
        @Nullable String status = annotations.get(Annotations.NETWORK_STATUS);
        if (status == null) {
            return false;
        }
        try {
            for (JsonNode network : JsonMapper.shared().readTree(status)) {
                JsonNode address = network.path("device-info").path("pci").path("pci-address");
                if (address.asString("").equalsIgnoreCase(pci.value())) {
                    return true;
                }
            }
            return false;
        } catch (JacksonException e) {
            return false; // not written by Multus; nothing can be learned from it
        }
    }

    private static int prefixLength(String provider, String ip, List<String> cidrs, int index) {
        String cidr = index < cidrs.size() ? cidrs.get(index) : "";
        int slash = cidr.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException(
                    "annotation " + key(provider, "cidr") + " has no subnet for " + ip + ": '" + cidr + "'");
        }
        return Integer.parseInt(cidr.substring(slash + 1));
    }

    /** A gateway of a family that the pod has no address of could not be reached. */
    private List<String> gateways(String provider, List<InterfaceAddress> addresses) {
        return ips(provider, "gateway").stream()
                .filter(gateway -> addresses.stream().anyMatch(address -> address.isIpv6() == gateway.contains(":")))
                .toList();
    }

    private OptionalInt mtu(String provider) {
        return annotation(provider, "mtu")
                .map(text -> OptionalInt.of(Integer.parseInt(text)))
                .orElse(OptionalInt.empty());
    }

    private DefaultRoute defaultRoute(String provider) {
        return annotation(provider, "default_route")
                .map(text -> text.equals("true") ? DefaultRoute.YES : DefaultRoute.NO)
                .orElse(DefaultRoute.IF_NONE);
    }

    private List<String> ips(String provider, String name) {
        List<String> ips = new ArrayList<>();
        for (String text : list(annotation(provider, name))) {
            ips.add(canonical(key(provider, name), text));
        }
        return ips;
    }

    /** One form for each address, so that it equals what the kernel reports. */
    private static String canonical(String key, String text) {
        try {
            if (IP_LITERAL.matcher(text).matches()) {
                return InetAddress.getByName(text).getHostAddress();
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("annotation " + key + ": '" + text + "' is no IP address", e);
        }
        throw new IllegalArgumentException("annotation " + key + ": '" + text + "' is no IP address");
    }

    private Optional<String> annotation(String provider, String name) {
        return Optional.ofNullable(annotations.get(key(provider, name)))
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }

    private static String key(String provider, String name) {
        return provider + ".kubernetes.io/" + name;
    }

    private static List<String> list(Optional<String> commaSeparated) {
        return commaSeparated.map(text -> List.of(text.split("\\s*,\\s*"))).orElse(List.of());
    }
}
