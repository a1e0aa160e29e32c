package io.podoffload.binder.kube;

import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.Route;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What kube-ovn-controller and its users wrote for one network of a pod, {@code <provider>.kubernetes.io/…}. Readers throw
 * IllegalArgumentException, which names the annotation.
 */
record KubeOvnAnnotations(Map<String, String> annotations, String provider) {

    private static final Pattern IP_LITERAL = Pattern.compile("[0-9a-fA-F:.]*[:.][0-9a-fA-F:.]*");

    boolean isAllocated() {
        return text("allocated").equals(Optional.of("true"));
    }

    Optional<String> mac() {
        return text("mac_address");
    }

    /** No tunnel carries an underlay network. */
    boolean isOverlay() {
        return text("provider_network").isEmpty();
    }

    Optional<Boolean> defaultRoute() {
        return text("default_route").map("true"::equals);
    }

    Optional<String> virtualMachine() {
        return text("virtualmachine");
    }

    OptionalInt mtu() {
        Optional<String> text = text("mtu");
        try {
            return text.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text.get()));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("annotation " + key("mtu") + ": '" + text.get() + "' is no number", e);
        }
    }

    List<InterfaceAddress> addresses() {
        List<String> ips = ips("ip_address");
        List<String> cidrs = list("cidr");
        List<InterfaceAddress> addresses = new ArrayList<>();
        for (int index = 0; index < ips.size(); index++) {
            String cidr = index < cidrs.size() ? cidrs.get(index) : "";
            addresses.add(new InterfaceAddress(ips.get(index), prefixLength(ips.get(index), cidr)));
        }
        return addresses;
    }

    private int prefixLength(String ip, String cidr) {
        int slash = cidr.indexOf('/');
        try {
            if (slash >= 0) {
                return Integer.parseInt(cidr.substring(slash + 1));
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("annotation " + key("cidr") + ": '" + cidr + "' is no subnet", e);
        }
        throw new IllegalArgumentException(
                "annotation " + key("cidr") + " has no subnet for " + ip + ": '" + cidr + "'");
    }

    /** A gateway of a family that the pod has no address of could not be reached. */
    List<String> gateways(List<InterfaceAddress> addresses) {
        return ips("gateway").stream()
                .filter(gateway -> addresses.stream().anyMatch(address -> address.isIpv6() == gateway.contains(":")))
                .toList();
    }

    /** {@code [{"dst":"10.2.0.0/16","gw":"10.16.0.254"}]}; a route without a destination is a default route. */
    List<Route> routes() {
        Optional<String> text = text("routes");
        List<Route> routes = new ArrayList<>();
        try {
            if (text.isPresent()) {
                for (JsonNode route : JsonMapper.shared().readTree(text.get())) {
                    String gateway = route.path("gw").asString("");
                    routes.add(route(route.path("dst").asString(""), gateway));
                }
            }
            return routes;
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "annotation " + key("routes") + ": '" + text.orElse("") + "' is no JSON list of routes", e);
        }
    }

    private Route route(String destination, String gatewayText) {
        String gateway = gatewayText.isEmpty() ? "" : canonical("routes", gatewayText);
        if (destination.isEmpty()) {
            return Route.byDefault(gateway);
        }
        int slash = destination.indexOf('/');
        String address = canonical("routes", slash < 0 ? destination : destination.substring(0, slash));
        String prefix = slash < 0 ? (address.contains(":") ? "128" : "32") : destination.substring(slash + 1);
        return prefix.equals("0")
                ? new Route(address.contains(":") ? Route.DEFAULT_IPV6 : Route.DEFAULT_IPV4, gateway)
                : new Route(address + "/" + prefix, gateway);
    }

    private List<String> ips(String name) {
        return list(name).stream().map(text -> canonical(name, text)).toList();
    }

    /** One form for each address, so that it equals what the kernel reports. */
    private String canonical(String name, String text) {
        try {
            if (IP_LITERAL.matcher(text).matches()) {
                return InetAddress.getByName(text).getHostAddress();
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("annotation " + key(name) + ": '" + text + "' is no IP address", e);
        }
        throw new IllegalArgumentException("annotation " + key(name) + ": '" + text + "' is no IP address");
    }

    private List<String> list(String name) {
        return text(name).map(text -> List.of(text.split("\\s*,\\s*"))).orElse(List.of());
    }

    private Optional<String> text(String name) {
        return Optional.ofNullable(annotations.get(key(name)))
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }

    private String key(String name) {
        return provider + ".kubernetes.io/" + name;
    }
}
