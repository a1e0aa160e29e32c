package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PodNetwork;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kube.PodView;
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

    /** Has read what a look at a VF of the pod will need. */
    void prepare(PodView pod) {
        try {
            pod.servedProviders().stream()
                    .flatMap(provider -> pod.subnet(provider).stream())
                    .forEach(subnets::read);
        } catch (UnreadableAnnotation e) {
            LOG.debug("a look at the VF of pod {} says so", pod.ref(), e);
        }
    }

    /** The Subnet of which nothing is known yet; it is being read. */
    Optional<String> missing(PodView pod, String provider) {
        Optional<String> missing =
                pod.subnet(provider).filter(subnet -> subnets.known(subnet).isEmpty());
        missing.ifPresent(subnets::read);
        return missing;
    }

    /** @param allotted what the pod's annotations say */
    PodNetwork complete(PodView pod, String provider, PodNetwork allotted) {
        return pod.subnet(provider)
                .flatMap(subnets::known)
                .map(subnet -> subnet.applyTo(allotted, underlayMtu(pod, provider), tunnelMtu()))
                .orElse(allotted);
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
