package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.SimulatedCluster;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The interface that the binder makes in a pod, as the pod sees it. */
class PodInterfaceIT {

    private static final String SUBNET = "ovn-default";

    @RegisterExtension
    static final OneNode NODE = new OneNode("pod-interface");

    private final SimulatedCluster cluster = NODE.cluster();

    /** The pod's eth0 has a default route of IPv4 only; of a Subnet that OVN connects, OVN's own address is the gateway. */
    @Test
    void ofASubnetThatOvnConnectsItHasTheGatewayOfOvnAndOnlyTheDefaultRouteThatIsMissing() {
        cluster.useCni(CniMode.OTHER);
        cluster.useDualStack(true);
        cluster.makeSubnet(SUBNET, Map.of("u2oInterconnection", true, "mtu", 1300));
        try {
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("connected")), "WaitingForSubnet");
            cluster.deleteSubnet(SUBNET);
            cluster.makeSubnet(
                    SUBNET,
                    Map.of("u2oInterconnection", true, "mtu", 1300),
                    Map.of("u2oInterconnectionIP", "10.16.255.254,fd00:10:16::fffe"));

            cluster.awaitBound(pod, "Bound");

            assertThat(cluster.exec(pod, "ip", "-6", "route", "show", "default"))
                    .startsWith("default via fd00:10:16::fffe dev net1");
            assertThat(cluster.exec(pod, "ip", "route", "show", "default"))
                    .contains("dev eth0")
                    .doesNotContain("net1");
            assertThat(cluster.exec(pod, "ip", "link", "show", "net1")).contains("mtu 1300");
            cluster.delete(pod);
        } finally {
            cluster.deleteSubnet(SUBNET);
            cluster.useDualStack(false);
        }
    }
}
