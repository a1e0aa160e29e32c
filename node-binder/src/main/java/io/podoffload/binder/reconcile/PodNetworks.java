package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodNetwork;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.kube.Subnets;
import io.podoffload.binder.kube.ThisNode;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** The networks of pods: what Kube-OVN allotted, with the MTU and the gateways that kube-ovn-cni would set. */
public final class PodNetworks {

    /** kube-ovn-cni's own interface on each node, which has the MTU that fits through its tunnels (configureNodeNic). */
    private static final String NODE_INTERFACE = "ovn0";

    private final Subnets subnets;
    private final ThisNode node;
    private final Links host;
    private final Consumer<PciAddress> look;

    /** @param look how a VF is looked at again */
    public PodNetworks(Subnets subnets, ThisNode node, Links host, Consumer<PciAddress> look) {
        this.subnets = subnets;
        this.node = node;
        this.host = host;
        this.look = look;
    }

    /**
     * The network as kube-ovn-cni would set it up; empty while its Subnet is being read, and then the VF is looked at again.
     *
     * @param allotted what the pod's annotations say
     */
    Optional<PodNetwork> complete(PciAddress pci, PodView pod, String provider, PodNetwork allotted) {
        Optional<String> name = pod.subnet(provider);
        if (name.isEmpty()) {
            return Optional.of(allotted);
        }
        return subnets.get(name.get(), () -> look.accept(pci))
                .map(found -> found.applyTo(allotted, underlayMtu(pod, provider), tunnelMtu()));
    }

    private OptionalInt underlayMtu(PodView pod, String provider) {
        return pod.providerNetwork(provider)
                .flatMap(network -> node.label(network + ".provider-network.kubernetes.io/mtu"))
                .filter(text -> text.matches("[1-9]\\d{0,4}"))
                .map(text -> OptionalInt.of(Integer.parseInt(text)))
                .orElseGet(OptionalInt::empty);
    }

    private OptionalInt tunnelMtu() {
        return host.named(NODE_INTERFACE).map(Link::mtu).map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }
}
