package io.podoffload.binder.diagnosis;

import io.podoffload.binder.nic.Netdev;
import java.util.Set;
import java.util.stream.Stream;

/** A pod that sends longer packets than the uplink takes has them cut or dropped by the CPU. */
final class SmallMtu implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "the uplink takes packets as long as the pods send them";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        Set<String> ports = facts.ovs().map(ovs -> ovs.bridgeOfPort().keySet()).orElse(Set.of());
        return facts.pfs().stream()
                .flatMap(pf -> pf.uplink().stream()
                        .flatMap(uplink -> pf.vfs().stream()
                                .flatMap(vf -> vf.representor().stream())
                                .filter(representor -> ports.contains(representor.name()))
                                .filter(representor -> representor.mtu() > uplink.mtu())
                                .map(representor -> longer(representor, uplink))));
    }

    private Finding longer(Netdev representor, Netdev uplink) {
        return warning(
                "the MTU of " + representor.name() + " is " + representor.mtu() + ", that of its uplink "
                        + uplink.name() + " " + uplink.mtu(),
                "Give the pod's Subnet a smaller spec.mtu, or the uplink a greater MTU: nodePreparation (mtu), or ip link set "
                        + uplink.name() + " mtu " + representor.mtu() + ".");
    }
}
