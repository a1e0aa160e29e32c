package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** Nothing can be offloaded where there is no NIC for it. */
final class NoPfWithSriov implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "the node has a NIC with SR-IOV";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        return facts.pfs().isEmpty()
                ? Stream.of(error(
                        "no PF with SR-IOV was found",
                        "Check that the card is one that offloads (ConnectX-5 or later), and that SR-IOV is on in its firmware"
                                + " (mlxconfig SRIOV_EN=1) and in the BIOS."))
                : Stream.of();
    }
}
