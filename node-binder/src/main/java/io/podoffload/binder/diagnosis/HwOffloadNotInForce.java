package io.podoffload.binder.diagnosis;

import io.podoffload.binder.nic.Netdev;
import java.util.Set;
import java.util.stream.Stream;

/** The setting counts from the start of ovs-vswitchd on; until then its ports have no hook for tc rules. */
final class HwOffloadNotInForce implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "ovs-vswitchd acts on hw-offload";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        if (!facts.usesKernelDatapath()
                || facts.ovs().filter(ovs -> ovs.hwOffload()).isEmpty()) {
            return Stream.of();
        }
        Set<String> ports = facts.ovs().orElseThrow().bridgeOfPort().keySet();
        return facts.pfs().stream()
                .flatMap(pf -> pf.vfs().stream())
                .flatMap(vf -> vf.representor().stream())
                .map(Netdev::name)
                .filter(ports::contains)
                .filter(name -> !facts.withIngressHook().contains(name))
                .map(name -> error(
                        "hw-offload is set, but " + name + " is a port that ovs-vswitchd made no tc hook on",
                        "Restart ovs-vswitchd (the pod ovs-ovn of this node): it was started before hw-offload was set,"
                                + " or somebody took the hook away (tc qdisc del)."));
    }
}
