package io.podoffload.binder.diagnosis;

import io.podoffload.binder.nic.Eswitch;
import java.util.stream.Stream;

/** In legacy mode there are no representors, and no switch to offload to. */
final class NotSwitchdev implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "PFs with VFs are in switchdev mode";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        return facts.pfs().stream()
                .filter(pf -> !pf.vfs().isEmpty())
                .filter(pf -> pf.eswitch()
                        .filter(eswitch -> eswitch.mode() != Eswitch.Mode.SWITCHDEV)
                        .isPresent())
                .map(pf -> error(
                        "the eswitch of PF " + pf.title() + " is in "
                                + pf.eswitch().orElseThrow().mode().text() + " mode",
                        "Let nodePreparation do it (eswitch: switchdev), or run devlink dev eswitch set pci/" + pf.pci()
                                + " mode switchdev while no pod holds a VF."));
    }
}
