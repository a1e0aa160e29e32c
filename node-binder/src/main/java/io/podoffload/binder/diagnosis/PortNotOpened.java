package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** A port that ovs-vswitchd could not open forwards nothing. */
final class PortNotOpened implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "ovs-vswitchd opened every port of OVN's";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        return facts.ovs().stream()
                .flatMap(ovs -> ovs.interfaces().stream())
                .filter(row -> !row.ifaceId().isEmpty() && row.ofport() < 0)
                .map(row -> error(
                        "ovs-vswitchd could not open " + row.name() + ", the port of " + row.ifaceId() + ": "
                                + row.error(),
                        "Check that the representor is there under this name (inventory); a pod that is gone may have left the"
                                + " row: ovs-vsctl del-port " + row.name() + "."));
    }
}
