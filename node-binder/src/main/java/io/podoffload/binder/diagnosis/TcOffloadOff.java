package io.podoffload.binder.diagnosis;

import io.podoffload.binder.nic.TcOffload;
import java.util.stream.Stream;

/** The driver takes no rules from tc where the feature is off. */
final class TcOffloadOff implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "uplinks and representors take rules from tc";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        return facts.pfs().stream()
                .filter(pf -> !pf.vfs().isEmpty())
                .flatMap(pf ->
                        Stream.concat(pf.uplink().stream(), pf.vfs().stream().flatMap(vf -> vf.representor().stream())))
                .filter(netdev -> netdev.tcOffload() == TcOffload.OFF)
                .map(netdev -> error(
                        "hw-tc-offload of " + netdev.name() + " is off",
                        "Run ethtool -K " + netdev.name()
                                + " hw-tc-offload on, or let nodePreparation do it (hwTcOffload: true); flows"
                                + " that are there already stay in software until ovs-appctl revalidator/purge."));
    }
}
