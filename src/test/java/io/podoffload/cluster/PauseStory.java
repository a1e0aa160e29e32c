package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Somebody on call stops the binder of a node by an annotation, and lets it go on by taking that away. */
class PauseStory {

    @BeforeAll
    static void install() {
        Release.ensure();
    }

    @AfterAll
    static void goOn() {
        Cluster.kubectl("annotate", "node", "node1", "pod-offload.io/paused-");
        Cluster.kubectl("delete", "pod", "--all", "--wait");
        Agreement.awaitNothing();
    }

    @Test
    void aPausedBinderReportsAndChangesNothing() {
        List<Vfs.Vf> before = Vfs.of("node1");
        BinderLog log = BinderLog.of("node1");
        Cluster.kubectl("annotate", "node", "node1", "pod-offload.io/paused=INC-42");
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> !log.with("Node node1 has the annotation pod-offload.io/paused: 'INC-42'")
                        .isEmpty());

        Cluster.apply(OptedIn.pod("adopted", "node1"));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/adopted", "--timeout=120s");
        assertThat(Pods.bound(Cluster.get("pod", "adopted")))
                .as("what the CNI bound is seen")
                .isEqualTo("Adopted");
        Cluster.kubectl("delete", "pod", "adopted", "--wait");

        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> assertThat(Cluster.kubectl(
                                "get", "configmap", "pod-offload-node-node1", "-n", "pod-offload", "-o", "yaml"))
                        .contains("\"reason\":\"Paused\"", "to do is"));
        assertThat(Vfs.of("node1")).as("the VF is as the CNI left it").isNotEqualTo(before);

        Cluster.kubectl("annotate", "node", "node1", "pod-offload.io/paused-");

        Vfs.awaitSame("node1", before);
    }
}
