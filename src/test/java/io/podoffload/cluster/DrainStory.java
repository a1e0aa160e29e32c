package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pods leave a node by the Eviction API, with a PodDisruptionBudget that lets one of two go at a time. */
class DrainStory {

    @BeforeAll
    static void install() {
        Release.ensure();
    }

    @AfterEach
    void remove() {
        Cluster.kubectl("uncordon", "node1", "node2");
        Cluster.kubectl("delete", "deployment,poddisruptionbudget", "--all", "--wait");
        Cluster.kubectl("wait", "--for=delete", "pod", "--all", "--timeout=120s");
        Release.awaitReady();
        Agreement.awaitNothing();
    }

    /** The budget counts ready pods, and a pod is ready when its VF is bound: so the second pod stays until the first has its VF. */
    @Test
    void aDrainWaitsUntilTheNextPodHasItsVf() {
        Cluster.kubectl("cordon", "node2");
        Cluster.apply("""
                apiVersion: policy/v1
                kind: PodDisruptionBudget
                metadata: {name: web}
                spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  replicas: 2
                  selector: {matchLabels: {app: web}}
                  template: %s
                """.formatted(OptedIn.template("web")));
        Cluster.kubectl("rollout", "status", "deployment/web", "--timeout=120s");
        assertThat(nodes()).containsOnly("node1");
        Cluster.kubectl("uncordon", "node2");

        String said =
                Cluster.kubectl("drain", "node1", "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s");

        assertThat(said)
                .containsPattern("evicting pods/\"web-.*violate the pod's disruption budget")
                .contains("node/node1 drained");
        Cluster.kubectl("rollout", "status", "deployment/web", "--timeout=120s");
        assertThat(nodes()).containsOnly("node2");
        Agreement.awaitReported();

        Cluster.kubectl("uncordon", "node1");
        Cluster.kubectl("scale", "deployment/web", "--replicas=8");
        Cluster.kubectl("rollout", "status", "deployment/web", "--timeout=120s");

        assertThat(nodes()).hasSize(8).contains("node1", "node2");
        Agreement.await();
    }

    private static List<String> nodes() {
        return List.of(Cluster.kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].spec.nodeName}")
                .split(" "));
    }
}
