package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** Open vSwitch offloads nothing unless it is told to. */
final class HwOffloadUnset implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "Open vSwitch is told to offload flows";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        return facts.ovs().filter(ovs -> !ovs.hwOffload()).stream()
                .map(ovs -> error(
                        "other_config:hw-offload of Open vSwitch is "
                                + ovs.otherConfig().getOrDefault("hw-offload", "not set"),
                        "Install Kube-OVN with HW_OFFLOAD=true, or run ovs-vsctl set Open_vSwitch ."
                                + " other_config:hw-offload=true, and restart ovs-vswitchd (the pod ovs-ovn)."));
    }
}
