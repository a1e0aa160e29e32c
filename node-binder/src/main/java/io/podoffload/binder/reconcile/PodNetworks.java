package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PodNetwork;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.kube.Subnet;
import io.podoffload.binder.kube.Subnets;
import io.podoffload.binder.kube.ThisNode;
import io.podoffload.binder.kube.UnreadableAnnotation;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The networks of pods: what Kube-OVN allotted, with the MTU and the gateways that kube-ovn-cni would set. */
public final class PodNetworks {

    /** kube-ovn-cni's own interface on each node, which has the MTU that fits through its tunnels (configureNodeNic). */
    private static final String NODE_INTERFACE = "ovn0";

    private static final Logger LOG = LoggerFactory.getLogger(PodNetworks.class);

    private final Subnets subnets;
    private final ThisNode node;
    private final Links host;

    public PodNetworks(Subnets subnets, ThisNode node, Links host) {
        this.subnets = subnets;
        this.node = node;
        this.host = host;
    }

    /** Begins to read again the Subnet that a look at the pod's VF may need; does not wait. */
    void refreshSubnet(PodView pod) {
        try {
            pod.defaultProvider().flatMap(pod::subnet).ifPresent(subnets::refresh);
        } catch (UnreadableAnnotation e) {
            LOG.debug("a look at the VF of pod {} says so", pod.ref(), e);
        }
    }

    /**
     * The network as kube-ovn-cni would set it up; empty while its Subnet is being read.
     *
     * @param allotted what the pod's annotations say
     */
    Optional<PodNetwork> complete(PodView pod, String provider, PodNetwork allotted) {
        Optional<String> name = pod.subnet(provider);
        if (name.isEmpty()) {
            return Optional.of(allotted);
        }
        Optional<Subnet> subnet = subnets.known(name.get());
        if (subnet.isEmpty()) {
            subnets.read(name.get());
        }
        return subnet.map(found -> found.applyTo(allotted, underlayMtu(pod, provider), tunnelMtu()));
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
