package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A label, and Kube-OVN's CNI binds the VF: seen from kubectl and from the node. */
class AdoptedStory {

    @BeforeAll
    static void install() {
        Release.ensure();
    }

    @AfterEach
    void remove() {
        Cluster.kubectl("delete", "pod", "--all", "--wait");
    }

    @Test
    void aLabelledPodGetsItsVfAndTalksToAnother() {
        Cluster.apply(OptedIn.pod("web", "node1"));
        Cluster.apply(OptedIn.pod("client", "node2"));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/web", "pod/client", "--timeout=120s");

        JsonNode web = Cluster.get("pod", "web");
        assertThat(web.at("/spec/containers/0/resources/requests/mellanox.com~1cx5_sriov_switchdev")
                        .asString())
                .isEqualTo("1");
        assertThat(Pods.condition(web, "pod-offload.io/bound").path("status").asString())
                .isEqualTo("True");
        assertThat(Pods.condition(web, "pod-offload.io/bound").path("reason").asString())
                .isEqualTo("Adopted");
        assertThat(Cluster.interfaces("node1", "web.default.default.default.ovn"))
                .hasSize(1);
        Pods.assertPings("client", Pods.address(web));
    }

    @Test
    void everyVfIsFreeAgainWhenThePodsAreGone() {
        List<Vfs.Vf> before = Vfs.of("node1");
        Cluster.apply(OptedIn.pod("one", "node1"));
        Cluster.apply(OptedIn.pod("two", "node1"));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/one", "pod/two", "--timeout=120s");
        assertThat(Vfs.of("node1")).isNotEqualTo(before);

        Cluster.kubectl("delete", "pod", "one", "two", "--wait");

        Vfs.awaitSame("node1", before);
        assertThat(Cluster.interfaces("node1", "one.default.default.default.ovn"))
                .isEmpty();
    }
}
