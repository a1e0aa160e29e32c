package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.sim.Programs.ProgramFailed;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** On {@code node2} another CNI gives pods their eth0, without Multus; there the binder itself brings the VF into the pod. */
class BoundStory {

    private static final String OF_MULTUS = "/etc/cni/net.d/00-multus.conf";
    private static final String AWAY = "/etc/cni/00-multus.conf";

    @BeforeAll
    static void install() {
        Release.ensure();
        Cluster.on("node2", "mv", OF_MULTUS, AWAY);
        restartContainerd();
    }

    @AfterAll
    static void restore() {
        try {
            Cluster.kubectl("delete", "pod", "--all", "--wait");
        } finally {
            Cluster.on(
                    "node2", "cp", AWAY, OF_MULTUS); // containerd loads a file that is written, not one that is moved
            Cluster.on("node2", "rm", AWAY);
            restartContainerd();
        }
        Agreement.awaitNothing();
    }

    /** It reads the folder of CNI configurations when it starts, and some time after a change. */
    private static void restartContainerd() {
        Cluster.service("restart", "node2.containerd");
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptionsInstanceOf(ProgramFailed.class)
                .until(() -> Cluster.on("node2", "ctr", "version").contains("Server:"));
    }

    @Test
    void theVfIsASecondInterfaceAndTalksToTheOtherPods() {
        Cluster.apply(OptedIn.pod("bound", "node2"));
        Cluster.apply(OptedIn.pod("beside", "node2"));
        Cluster.apply(OptedIn.pod("adopted", "node1"));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/bound", "pod/beside", "pod/adopted", "--timeout=120s");

        JsonNode bound = Cluster.get("pod", "bound");
        assertThat(Pods.bound(bound)).isEqualTo("Bound");
        assertThat(Pods.bound(Cluster.get("pod", "beside"))).isEqualTo("Bound");
        assertThat(Pods.bound(Cluster.get("pod", "adopted"))).isEqualTo("Adopted");
        assertThat(bound.at("/status/podIP").asString()).startsWith("10.244.2.");
        assertThat(Cluster.kubectl("exec", "bound", "--", "ip", "address", "show", "net1"))
                .contains("UP,LOWER_UP", "mtu 1400", "inet " + Pods.address(bound) + "/16")
                .contains(bound.at("/metadata/annotations")
                        .path("default.default.ovn.kubernetes.io/mac_address")
                        .asString());
        assertThat(Cluster.kubectl("exec", "bound", "--", "ip", "route"))
                .contains("default via 10.244.2.1 dev eth0", "10.66.0.0/16 dev net1");
        Agreement.await();
        for (String other : new String[] {"beside", "adopted"}) {
            Pods.assertPings("bound", Pods.address(Cluster.get("pod", other)));
        }
        Pods.assertPings("adopted", Pods.address(bound));

        for (String name : new String[] {"bound", "adopted"}) {
            JsonNode before = Cluster.get("pod", name);
            Pods.killSandbox(before);
            Agreement.await();
            Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                JsonNode after = Cluster.get("pod", name);
                assertThat(Pods.bound(after)).isEqualTo(Pods.bound(before));
                assertThat(Pods.address(after)).isEqualTo(Pods.address(before));
            });
        }
        Pods.assertPings("adopted", Pods.address(bound));

        Cluster.kubectl("delete", "pod", "bound", "--grace-period=0", "--force");
        Cluster.apply(OptedIn.pod("bound", "node2"));

        Cluster.kubectl("wait", "--for=condition=Ready", "pod/bound", "--timeout=120s");
        assertThat(Pods.bound(Cluster.get("pod", "bound"))).isEqualTo("Bound");
        Agreement.await();
    }
}
