package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** A policy that keeps rules out of the hardware, or out of the kernel. */
final class TcPolicy implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "no tc-policy keeps flows out of the NIC";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        String policy = facts.ovs()
                .map(ovs -> ovs.otherConfig().getOrDefault("tc-policy", "none"))
                .orElse("none");
        return switch (policy) {
            case "skip_hw" ->
                Stream.of(
                        error(
                                "other_config:tc-policy of Open vSwitch is skip_hw, which keeps every flow out of the NIC",
                                "Remove it: ovs-vsctl remove Open_vSwitch . other_config tc-policy, and restart ovs-vswitchd."));
            case "skip_sw" ->
                Stream.of(warning(
                        "other_config:tc-policy of Open vSwitch is skip_sw, so that flows the NIC refuses go to the slower datapath",
                        "Remove it unless it is meant: ovs-vsctl remove Open_vSwitch . other_config tc-policy."));
            default -> Stream.of();
        };
    }
}
