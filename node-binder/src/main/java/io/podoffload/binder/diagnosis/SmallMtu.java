package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** A pod that sends longer packets than the uplink takes has them cut or dropped by the CPU. */
final class SmallMtu implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "the uplink takes packets as long as the pods send them";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        return facts.pfs().stream()
                .flatMap(pf -> pf.uplink().stream()
                        .flatMap(uplink -> pf.vfs().stream()
                                .flatMap(vf -> vf.representor().stream())
                                .filter(representor -> representor.mtu() > uplink.mtu())
                                .map(representor -> warning(
                                        "the MTU of " + representor.name() + " is " + representor.mtu()
                                                + ", that of its uplink " + uplink.name() + " " + uplink.mtu(),
                                        "Let nodePreparation set both (mtu: " + uplink.mtu() + "), or run ip link set "
                                                + representor.name() + " mtu " + uplink.mtu() + "."))));
    }
}
