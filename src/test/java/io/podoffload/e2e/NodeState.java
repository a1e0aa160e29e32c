package io.podoffload.e2e;

import io.podoffload.sim.SimulatedCluster;
import java.util.List;

/**
 * What must be the same before the first pod and after the last.
 *
 * @param vfs identity of each VF, and the state of its representor; the representor's name is the CNI's to change
 */
record NodeState(List<String> ports, List<String> vfs) {

    static NodeState of(SimulatedCluster cluster) {
        return new NodeState(
                cluster.ovs().ports(),
                cluster.nic().inventory().values().stream()
                        .map(vf -> "%s %s %s mtu %d alias '%s' representor %s"
                                .formatted(
                                        vf.pci(),
                                        vf.name(),
                                        vf.mac(),
                                        vf.mtu(),
                                        vf.alias(),
                                        vf.representorUp() ? "up" : "down"))
                        .toList());
    }
}
