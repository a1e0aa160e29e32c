package io.podoffload.binder.binding;

import io.podoffload.binder.binding.PodNetwork.DefaultRoute;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * A network as a value of a row's external_ids, by which it is known what a sandbox was bound with, whatever becomes of the pod's
 * annotations: {@code port=…;mac=…;ip=…|…;gw=…;route=DESTINATION>GATEWAY|…;mtu=…;overlay=true;default=IF_NONE}. It holds no space,
 * comma or quote.
 */
final class NetworkText {

    private static final String FIELDS = ";";
    private static final String ITEMS = "|";

    private NetworkText() {}

    static String of(PodNetwork network) {
        return String.join(
                FIELDS,
                "port=" + network.ifaceId(),
                "mac=" + network.mac().map(MacAddress::value).orElse(""),
                "ip=" + join(network.addresses()),
                "gw=" + join(network.gateways()),
                "route="
                        + join(network.routes().stream()
                                .map(route -> route.destination() + ">" + route.gateway())
                                .toList()),
                "mtu=" + (network.mtu().isPresent() ? network.mtu().getAsInt() : ""),
                "overlay=" + network.overlay(),
                "default=" + network.defaultRoute());
    }

    private static String join(List<?> items) {
        return items.stream().map(Object::toString).collect(Collectors.joining(ITEMS));
    }

    /** Empty if somebody edited it. */
    static Optional<PodNetwork> read(String text) {
        Map<String, String> fields = new HashMap<>();
        for (String field : text.split(FIELDS)) {
            int sign = field.indexOf('=');
            if (sign > 0) {
                fields.put(field.substring(0, sign), field.substring(sign + 1));
            }
        }
        try {
            return Optional.of(new PodNetwork(
                    field(fields, "port"),
                    Optional.of(field(fields, "mac"))
                            .filter(mac -> !mac.isEmpty())
                            .map(MacAddress::new),
                    items(field(fields, "ip")).stream()
                            .map(NetworkText::address)
                            .toList(),
                    items(field(fields, "gw")),
                    items(field(fields, "route")).stream()
                            .map(NetworkText::route)
                            .toList(),
                    List.of(),
                    field(fields, "mtu").isEmpty()
                            ? OptionalInt.empty()
                            : OptionalInt.of(Integer.parseInt(field(fields, "mtu"))),
                    Boolean.parseBoolean(field(fields, "overlay")),
                    DefaultRoute.valueOf(field(fields, "default"))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static String field(Map<String, String> fields, String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("there is no " + name);
        }
        return value;
    }

    private static List<String> items(String text) {
        return Arrays.stream(text.split("\\|")).filter(item -> !item.isEmpty()).toList();
    }

    private static InterfaceAddress address(String text) {
        int slash = slash(text);
        return new InterfaceAddress(text.substring(0, slash), Integer.parseInt(text.substring(slash + 1)));
    }

    private static Route route(String text) {
        int sign = text.indexOf('>');
        if (sign < 0) {
            throw new IllegalArgumentException(text + " is no route");
        }
        String destination = text.substring(0, sign);
        slash(destination);
        return new Route(destination, text.substring(sign + 1));
    }

    private static int slash(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException(text + " has no prefix");
        }
        return slash;
    }
}
