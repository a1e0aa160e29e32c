package io.podoffload.binder.binding;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What Kube-OVN allotted to a pod for one network.
 *
 * @param ifaceId name of the OVN logical switch port, the {@code iface-id} of its OVS interface
 * @param mac MAC of the logical switch port; OVN drops frames from any other
 * @param addresses one for each IP family; none on a network without address management
 * @param gateways one for each family that has one, in the order of {@code addresses}
 * @param routes further routes that an annotation asks for
 * @param unusableRoutes those that an annotation asks for and the kernel could not take, for a person
 * @param mtu where an annotation, the Subnet or the node sets it
 * @param overlay whether packets leave the node in a tunnel, whose header costs MTU
 * @param defaultRoute whether the interface takes the default route
 */
public record PodNetwork(
        String ifaceId,
        Optional<MacAddress> mac,
        List<InterfaceAddress> addresses,
        List<String> gateways,
        List<Route> routes,
        List<String> unusableRoutes,
        OptionalInt mtu,
        boolean overlay,
        DefaultRoute defaultRoute) {

    /** Bytes that Kube-OVN leaves for a Geneve header. */
    private static final int TUNNEL_HEADER = 100;

    public PodNetwork {
        addresses = List.copyOf(addresses);
        gateways = List.copyOf(gateways);
        routes = List.copyOf(routes);
        unusableRoutes = List.copyOf(unusableRoutes);
    }

    /** The MTU as Kube-OVN computes it: what an annotation says, else what fits through {@code uplinkMtu}. */
    public int mtuOver(int uplinkMtu) {
        return mtu.orElse(overlay ? uplinkMtu - TUNNEL_HEADER : uplinkMtu);
    }

    /** Whether the pod's annotations say the same of both; MTU and gateways depend on the Subnet and the node, too. */
    boolean isAllottedLike(PodNetwork other) {
        return ifaceId.equals(other.ifaceId)
                && mac.equals(other.mac)
                && addresses.equals(other.addresses)
                && routes.equals(other.routes)
                && defaultRoute == other.defaultRoute;
    }

    PodNetwork withUnusable(List<String> unusable) {
        return new PodNetwork(ifaceId, mac, addresses, gateways, routes, unusable, mtu, overlay, defaultRoute);
    }

    /** Whether this network's gateway becomes the pod's. */
    public enum DefaultRoute {
        YES,
        NO,
        /** Only if no other interface of the pod has it. */
        IF_NONE
    }
}
