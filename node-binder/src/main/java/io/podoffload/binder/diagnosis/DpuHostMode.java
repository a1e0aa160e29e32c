package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** A BlueField in DPU mode keeps eswitch and representors on its own processor. */
final class DpuHostMode implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "no NIC is a DPU that keeps its eswitch for itself";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        return facts.pfs().stream()
                .filter(pf -> pf.vendor().equals("15b3") && pf.device().startsWith("a2d"))
                .filter(pf -> pf.eswitch().isEmpty())
                .map(pf -> error(
                        "PF " + pf.title() + " is a BlueField whose eswitch this host does not manage",
                        "Set it to NIC mode (mlxconfig INTERNAL_CPU_OFFLOAD_ENGINE=1) and restart the node; DPU mode is not"
                                + " supported."));
    }
}
