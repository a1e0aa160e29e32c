package io.podoffload.binder.diagnosis;

import java.util.List;

/** All checks, in the order in which a person would go through them. */
public final class Checks {

    public static final List<Check<NodeFacts>> NODE = List.of(
            new NoPfWithSriov(),
            new DpuHostMode(),
            new OldKernel(),
            new NotSwitchdev(),
            new TcOffloadOff(),
            new SmallMtu(),
            new NetworkManagerManagesVfs(),
            new HwOffloadUnset(),
            new HwOffloadNotInForce(),
            new TcPolicy(),
            new PortNotOpened(),
            new IfaceIdTwice());

    public static final List<Check<ClusterFacts>> CLUSTER = List.of(
            new NetworkMissing(),
            new NoResourceName(),
            new WrongProvider(),
            new NoSubnet(),
            new LoadBalancerOn(),
            new NoResource(),
            new ThinMultus());

    private Checks() {}

    public static List<Finding> ofNode(NodeFacts facts) {
        return NODE.stream().flatMap(check -> check.look(facts)).toList();
    }

    public static List<Finding> ofCluster(ClusterFacts facts) {
        return CLUSTER.stream().flatMap(check -> check.look(facts)).toList();
    }
}
