package io.podoffload.binder.kube;

import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.MacAddress;
import io.podoffload.binder.binding.PlainText;
import io.podoffload.binder.binding.Route;
import io.podoffload.binder.ip.IpText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What kube-ovn-controller and its users wrote for one network of a pod, {@code <provider>.kubernetes.io/…}. Whoever may change the
 * pod may write it, so that a value beyond its bound is not read. Readers throw {@link UnreadableAnnotation}.
 */
record KubeOvnAnnotations(Map<String, String> annotations, String provider) {

    /** Bytes of a value. */
    private static final int LONGEST = 512;

    private static final int LONGEST_ROUTES = 4096;
    private static final int MOST_ROUTES = 64;
    private static final int SMALLEST_MTU = 68; // RFC 791, 3.2
    private static final int LARGEST_MTU = 65_535;

    boolean isAllocated() {
        return "true".equals(annotations.getOrDefault(key("allocated"), ""));
    }

    /** Forms of {@code net.ParseMAC}. */
    Optional<MacAddress> mac() {
        return text("mac_address").map(text -> {
            String digits = text.replace('-', ':');
            if (text.matches("[0-9a-fA-F]{4}(\\.[0-9a-fA-F]{4}){2}")) {
                digits = text.replace(".", "").replaceAll("(..)(?!$)", "$1:");
            }
            try {
                return new MacAddress(digits);
            } catch (IllegalArgumentException e) {
                throw unreadable("mac_address", text, "no MAC address", e);
            }
        });
    }

    /** No tunnel carries an underlay network. */
    boolean isOverlay() {
        return providerNetwork().isEmpty();
    }

    /** Of an underlay network. */
    Optional<String> providerNetwork() {
        return text("provider_network");
    }

    /** Name of the Subnet. */
    Optional<String> subnet() {
        return text("logical_switch");
    }

    Optional<Boolean> defaultRoute() {
        return text("default_route").map("true"::equals);
    }

    Optional<String> virtualMachine() {
        return text("virtualmachine");
    }

    OptionalInt mtu() {
        Optional<String> text = text("mtu");
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        try {
            int mtu = Integer.parseInt(text.get());
            if (mtu >= SMALLEST_MTU && mtu <= LARGEST_MTU) {
                return OptionalInt.of(mtu);
            }
        } catch (NumberFormatException e) {
            throw unreadable("mtu", text.get(), "no number", e);
        }
        throw unreadable("mtu", text.get(), "no MTU of " + SMALLEST_MTU + " to " + LARGEST_MTU, null);
    }

    /** The subnet of each address is the first of its family, since a pod may have one family of a Subnet that has both. */
    List<InterfaceAddress> addresses() {
        List<String> cidrs = list("cidr");
        return ips("ip_address").stream()
                .map(ip -> new InterfaceAddress(ip, prefixLength(ip, cidrs)))
                .toList();
    }

    private int prefixLength(String ip, List<String> cidrs) {
        return cidrs.stream()
                .filter(cidr -> isIpv6(cidr) == isIpv6(ip))
                .findFirst()
                .map(cidr -> IpText.prefixLength(cidr).orElseThrow(() -> unreadable("cidr", cidr, "no subnet", null)))
                .orElseThrow(() -> new UnreadableAnnotation(
                        "annotation " + key("cidr") + " has no subnet for " + ip + ": "
                                + PlainText.quoted(String.join(",", cidrs)),
                        null));
    }

    private static boolean isIpv6(String text) {
        return text.indexOf(':') >= 0;
    }

    /** A gateway of a family that the pod has no address of could not be reached. */
    List<String> gateways(List<InterfaceAddress> addresses) {
        return ips("gateway").stream()
                .filter(gateway -> addresses.stream().anyMatch(address -> address.isIpv6() == isIpv6(gateway)))
                .toList();
    }

    /**
     * @param usable those that the kernel can take
     * @param unusable the others, for a person; kube-ovn-cni skips them too
     */
    record Routes(List<Route> usable, List<String> unusable) {}

    /** {@code [{"dst":"10.2.0.0/16","gw":"10.16.0.254"}]}; a route without a destination is a default route. */
    Routes routes() {
        List<Route> usable = new ArrayList<>();
        List<String> unusable = new ArrayList<>();
        Optional<String> text = text("routes", LONGEST_ROUTES);
        if (text.isPresent()) {
            JsonNode list = listOfRoutes(text.get());
            for (JsonNode entry : list) {
                route(entry).ifPresentOrElse(usable::add, () -> unusable.add(PlainText.quoted(entry.toString())));
            }
        }
        return new Routes(usable, unusable);
    }

    private JsonNode listOfRoutes(String text) {
        try {
            JsonNode list = JsonMapper.shared().readTree(text);
            if (list.size() > MOST_ROUTES) {
                throw new UnreadableAnnotation(
                        "annotation " + key("routes") + " has " + list.size() + " routes; at most " + MOST_ROUTES
                                + " are read",
                        null);
            }
            if (list.isArray() || list.isNull()) {
                return list;
            }
        } catch (JacksonException e) {
            throw unreadable("routes", text, "no JSON list of routes", e);
        }
        throw unreadable("routes", text, "no JSON list of routes", null);
    }

    private static Optional<Route> route(JsonNode entry) {
        String destination = entry.path("dst").asString("");
        String gatewayText = entry.path("gw").asString("");
        Optional<String> gateway = gatewayText.isEmpty() ? Optional.of("") : IpText.address(gatewayText);
        if (gateway.isEmpty()) {
            return Optional.empty();
        }
        if (destination.isEmpty()) {
            return gateway.filter(ip -> !ip.isEmpty()).map(Route::byDefault);
        }
        return IpText.network(destination)
                .filter(network -> gateway.get().isEmpty() || isIpv6(network) == isIpv6(gateway.get()))
                .map(network -> new Route(network, gateway.get()));
    }

    private List<String> ips(String name) {
        return list(name).stream()
                .map(text -> IpText.address(text).orElseThrow(() -> unreadable(name, text, "no IP address", null)))
                .toList();
    }

    private List<String> list(String name) {
        return text(name)
                .map(text -> Arrays.stream(text.split(",")).map(String::strip).toList())
                .orElse(List.of());
    }

    private Optional<String> text(String name) {
        return text(name, LONGEST);
    }

    private Optional<String> text(String name, int longest) {
        String text = annotations.getOrDefault(key(name), "");
        if (text.length() > longest || text.getBytes(StandardCharsets.UTF_8).length > longest) {
            throw new UnreadableAnnotation("annotation " + key(name) + " has more than " + longest + " bytes", null);
        }
        return Optional.of(text.strip()).filter(stripped -> !stripped.isEmpty());
    }

    private UnreadableAnnotation unreadable(String name, String text, String what, @Nullable Exception cause) {
        return new UnreadableAnnotation(
                "annotation " + key(name) + ": " + PlainText.quoted(text) + " is " + what, cause);
    }

    /** The provider comes from an annotation of the pod, too. */
    private String key(String name) {
        return provider + ".kubernetes.io/" + name;
    }
}
