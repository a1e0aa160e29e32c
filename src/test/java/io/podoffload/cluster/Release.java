package io.podoffload.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
}
