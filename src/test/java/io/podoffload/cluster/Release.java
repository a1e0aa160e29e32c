package io.podoffload.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import tools.jackson.databind.json.JsonMapper;

/** The chart on the cluster, installed by Helm. */
final class Release {

    static final String NAMESPACE = "pod-offload";

    private Release() {}

    /** Installs it, or upgrades it to the values of this project's cluster, and waits until it is ready. */
    static void ensure(String... more) {
        helm("helm", "upgrade", "--install", more);
        awaitReady();
    }

    /** Runs a version of Helm on the release with the chart of this project. */
    static String helm(String program, String action, String option, String... more) {
        List<String> command = new ArrayList<>(List.of(
                program,
                action,
                option,
                "pod-offload",
                Cluster.PROJECT.resolve("charts/pod-offload").toString(),
                "--namespace",
                NAMESPACE,
                "--create-namespace",
                "--values",
                Cluster.PROJECT.resolve("src/test/cluster/values.yaml").toString()));
        command.addAll(Arrays.asList(more));
        return Cluster.run(command.toArray(String[]::new));
    }

    static void awaitReady() {
        Cluster.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/pod-offload-webhook", "--timeout=180s");
        Cluster.kubectl("-n", NAMESPACE, "rollout", "status", "daemonset/pod-offload-node-binder", "--timeout=180s");
    }

    /** Deletes the pod of the node-binder on a node, and waits until it is gone. */
    static void deleteBinder(String node) {
        Cluster.kubectl(
                "-n",
                NAMESPACE,
                "delete",
                "pod",
                "--wait",
                "--selector=app.kubernetes.io/component=node-binder",
                "--field-selector=spec.nodeName=" + node);
    }

    /** The webhook's policy file. */
    static String policy() {
        return Cluster.get("-n", NAMESPACE, "configmap", "pod-offload-policy")
                .at("/data/policy.yaml")
                .asString();
    }

    /** Changes the webhook's policy file, and waits until every replica has read it. */
    static void usePolicy(String yaml) {
        if (policy().equals(yaml)) {
            return;
        }
        List<String> replicas = webhooks();
        List<Integer> before = replicas.stream().map(Release::generation).toList();
        String patch = JsonMapper.shared().writeValueAsString(Map.of("data", Map.of("policy.yaml", yaml)));
        Cluster.kubectl("-n", NAMESPACE, "patch", "configmap", "pod-offload-policy", "--patch", patch);
        // any change of a pod makes the kubelet write its volumes now; else it takes up to a minute
        replicas.forEach(pod -> Cluster.kubectl(
                "-n", NAMESPACE, "annotate", "--overwrite", "pod", pod, "changed=" + System.nanoTime()));
        Awaitility.await().atMost(Duration.ofSeconds(150)).untilAsserted(() -> {
            for (int index = 0; index < replicas.size(); index++) {
                Assertions.assertThat(generation(replicas.get(index))).isGreaterThan(before.get(index));
            }
        });
    }

    /** Names of the webhook's pods. */
    static List<String> webhooks() {
        return Cluster.get("-n", NAMESPACE, "pods", "-l", "app.kubernetes.io/component=webhook")
                .path("items")
                .valueStream()
                .filter(pod -> !pod.path("metadata").has("deletionTimestamp"))
                .map(pod -> pod.at("/metadata/name").asString())
                .toList();
    }

    /** How many versions of the policy a replica has read. */
    private static int generation(String webhook) {
        return Cluster.kubectl(
                        "get",
                        "--raw",
                        "/api/v1/namespaces/%s/pods/%s:8080/proxy/actuator/prometheus".formatted(NAMESPACE, webhook))
                .lines()
                .filter(line -> line.startsWith("pod_offload_webhook_generation{") && line.contains("\"policy\""))
                .map(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow();
    }
}
