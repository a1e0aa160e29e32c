package io.podoffload.binder.kube;

import io.podoffload.binder.binding.PodNetwork;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a Subnet of Kube-OVN says of the interfaces of its pods, beside what the pods' annotations say.
 *
 * @param mtu {@code spec.mtu}
 * @param isRoutedByOvn whether OVN routes for an underlay network, so that its packets may go through a tunnel:
 *     {@code spec.logicalGateway} or {@code spec.u2oInterconnection}
 * @param gateways {@code status.u2oInterconnectionIP}, one of each family, where OVN connects an underlay network to others
 */
public record Subnet(OptionalInt mtu, boolean isRoutedByOvn, List<String> gateways) {

    /** One that says nothing, or cannot be read. */
    static final Subnet SILENT = new Subnet(OptionalInt.empty(), false, List.of());

    public Subnet {
        gateways = List.copyOf(gateways);
    }

    /**
     * The network of a pod with the MTU and the gateways that kube-ovn-cni would give it (handleAdd of its handler.go).
     *
     * @param underlayMtu that the Node's label names for the network's ProviderNetwork
     * @param tunnelMtu what fits through the tunnels between the nodes
     */
    public PodNetwork applyTo(PodNetwork network, OptionalInt underlayMtu, OptionalInt tunnelMtu) {
        boolean tunnelled = network.overlay() || isRoutedByOvn;
        return new PodNetwork(
                network.ifaceId(),
                network.mac(),
                network.addresses(),
                network.gateways().stream().map(this::gatewayInsteadOf).toList(),
                network.routes(),
                network.unusableRoutes(),
                first(network.mtu(), mtu, tunnelled ? tunnelMtu : underlayMtu),
                tunnelled,
                network.defaultRoute());
    }

    /** Of the same IP family. */
    private String gatewayInsteadOf(String gateway) {
        return gateways.stream()
                .filter(other -> other.contains(":") == gateway.contains(":"))
                .findFirst()
                .orElse(gateway);
    }

    private static OptionalInt first(OptionalInt... choices) {
        for (OptionalInt choice : choices) {
            if (choice.isPresent()) {
                return choice;
            }
        }
        return OptionalInt.empty();
    }
}
