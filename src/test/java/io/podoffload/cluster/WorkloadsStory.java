package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Workloads whose pods opt in: a StatefulSet, a Job, and a Deployment that has all VFs of the cluster. */
class WorkloadsStory {

    @BeforeAll
    static void install() {
        Release.ensure();
    }

    @AfterEach
    void remove() {
        Cluster.kubectl("uncordon", "node1", "node2");
        Cluster.kubectl("delete", "statefulset,job,deployment", "--all", "--wait");
        Cluster.kubectl("wait", "--for=delete", "pod", "--all", "--timeout=120s");
        Agreement.await();
    }

    @AfterAll
    static void nothingIsLeft() {
        Agreement.awaitNothing();
    }

    /** Its pod keeps its name, and so its iface-id, also on another node while the first is still shutting down. */
    @Test
    void aPodOfAStatefulSetComesBackOnItsNodeAndOnAnother() {
        Cluster.apply("""
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: {name: db}
                spec:
                  serviceName: db
                  selector: {matchLabels: {app: db}}
                  template: %s
                """.formatted(OptedIn.template("db").replace("trap exit TERM", "trap '' TERM")));
        awaitStatefulSet();
        JsonNode first = Cluster.get("pod", "db-0");
        String there = node(first);

        Cluster.kubectl("delete", "pod", "db-0", "--wait");
        awaitAnother(first);

        Cluster.kubectl("cordon", there.equals("node1") ? "node2" : "node1");
        JsonNode second = Cluster.get("pod", "db-0");
        Cluster.kubectl("delete", "pod", "db-0", "--grace-period=0", "--force");
        JsonNode third = awaitAnother(second);

        Cluster.kubectl("uncordon", "node1", "node2");
        Cluster.kubectl("cordon", node(third));
        Cluster.kubectl("delete", "pod", "db-0", "--grace-period=0", "--force");
        JsonNode fourth = awaitAnother(third);
        assertThat(node(fourth)).isNotEqualTo(node(third));
    }

    /** Each of four pods finishes on {@code node1}; their objects stay, and four others get the four VFs. */
    @Test
    void aJobThatFinishesGivesItsVfsBack() {
        Cluster.apply("""
                apiVersion: batch/v1
                kind: Job
                metadata: {name: batch}
                spec:
                  parallelism: 4
                  completions: 4
                  template: %s
                """.formatted(OptedIn.template("batch")
                .replace("vfs: some", "kubernetes.io/hostname: node1")
                .replace("sleep 100000 & wait", "sleep 1")
                .replace("spec: {", "spec: {restartPolicy: Never, ")));
        Cluster.kubectl("wait", "--for=condition=Complete", "job/batch", "--timeout=120s");
        Agreement.await();

        Cluster.apply(deployment("next", 4, "{type: Recreate}").replace("vfs: some", "kubernetes.io/hostname: node1"));

        awaitDeployment("next");
        assertThat(Cluster.kubectl("get", "pods", "-l", "app=batch", "-o", "jsonpath={.items[*].status.phase}"))
                .isEqualTo("Succeeded Succeeded Succeeded Succeeded");
        Agreement.awaitReported();
    }

    @Test
    void aDeploymentThatHasAllVfsIsRolledInPlace() {
        Cluster.apply(deployment("web", 8, "{rollingUpdate: {maxSurge: 0, maxUnavailable: 2}}"));
        awaitDeployment("web");
        List<String> before = uids("web");

        Cluster.kubectl("rollout", "restart", "deployment/web");

        awaitDeployment("web");
        assertThat(uids("web")).hasSize(8).doesNotContainAnyElementsOf(before);
        Agreement.await();
    }

    /** By default two new pods come before two of the old ones go: they wait for a VF, which the scheduler says, and then get it. */
    @Test
    void aDeploymentThatHasAllVfsIsRolledByDefault() {
        Cluster.kubectl("delete", "events", "--field-selector=reason=FailedScheduling");
        Cluster.apply(deployment("web", 8, "{type: RollingUpdate}"));
        awaitDeployment("web");
        List<String> before = uids("web");

        Cluster.kubectl("rollout", "restart", "deployment/web");

        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(Cluster.kubectl(
                                "get",
                                "events",
                                "--field-selector=reason=FailedScheduling",
                                "-o",
                                "jsonpath={.items[*].message}"))
                        .contains("Insufficient mellanox.com/cx5_sriov_switchdev"));
        awaitDeployment("web");
        assertThat(uids("web")).hasSize(8).doesNotContainAnyElementsOf(before);
        Agreement.await();
    }

    private static String deployment(String name, int replicas, String strategy) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %s}
                spec:
                  replicas: %d
                  strategy: %s
                  selector: {matchLabels: {app: %s}}
                  template: %s
                """.formatted(name, replicas, strategy, name, OptedIn.template(name));
    }

    private static void awaitDeployment(String name) {
        Cluster.kubectl("rollout", "status", "deployment/" + name, "--timeout=150s");
        String replicas = Cluster.kubectl("get", "deployment", name, "-o", "jsonpath={.spec.replicas}");
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> uids(name).size() == Integer.parseInt(replicas)); // those that shut down are gone
    }

    private static List<String> uids(String app) {
        return List.of(Cluster.kubectl("get", "pods", "-l", "app=" + app, "-o", "jsonpath={.items[*].metadata.uid}")
                .split(" "));
    }

    private static void awaitStatefulSet() {
        Cluster.kubectl("rollout", "status", "statefulset/db", "--timeout=120s");
    }

    /** Waits for the next pod of the name, and until nothing of the one before is left anywhere. */
    private static JsonNode awaitAnother(JsonNode before) {
        Cluster.kubectl("wait", "--for=create", "pod/db-0", "--timeout=60s");
        // not "rollout status": the StatefulSet's status may still count the pod before
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/db-0", "--timeout=120s");
        JsonNode pod = Cluster.get("pod", "db-0");
        assertThat(pod.at("/metadata/uid")).isNotEqualTo(before.at("/metadata/uid"));
        assertThat(Pods.bound(pod)).isEqualTo("Adopted");
        Agreement.await();
        return pod;
    }

    private static String node(JsonNode pod) {
        return pod.at("/spec/nodeName").asString();
    }
}
