package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** Packets that are longer than a representor's or the uplink's MTU are cut or dropped by the CPU. */
final class SmallMtu implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "representors carry what the uplink carries";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        return facts.pfs().stream()
                .flatMap(pf -> pf.uplink().stream()
                        .flatMap(uplink -> pf.vfs().stream()
                                .flatMap(vf -> vf.representor().stream())
                                .filter(representor -> representor.mtu() < uplink.mtu())
                                .map(representor -> warning(
                                        "the MTU of " + representor.name() + " is " + representor.mtu()
                                                + ", that of its uplink " + uplink.name() + " " + uplink.mtu(),
                                        "Let nodePreparation set both (mtu: " + uplink.mtu() + "), or run ip link set "
                                                + representor.name() + " mtu " + uplink.mtu() + "."))));
    }
}
