package io.podoffload.cluster;

import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

/** The cluster under churn: two workloads in a Namespace of their own, which use all VFs at most. */
final class ChurnWorkloads {

    static final String NAMESPACE = "churn";
    static final String DEPLOYMENT = "deployment/spread";
    static final String STATEFUL_SET = "statefulset/named";
    static final List<String> PROGRAMS = List.of(
            "etcd",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kube-ovn-controller",
            "ovn-northd",
            "ovn-nb",
            "ovn-sb");
    static final List<String> PROGRAMS_OF_A_NODE = List.of(
            "kubelet",
            "containerd",
            "kube-proxy",
            "multus",
            "ovsdb-server",
            "ovs-vswitchd",
            "ovn-controller",
            "device-plugin");

    private static final Duration API_IS_BACK_WITHIN = Duration.ofSeconds(90);
    private static final Duration GONE_WITHIN = Duration.ofMinutes(3);

    private ChurnWorkloads() {}

    /** Makes the workloads, with no pod yet. */
    static void begin() {
        Cluster.kubectl("create", "namespace", NAMESPACE);
        Cluster.apply(workload("Deployment", DEPLOYMENT, ""));
        Cluster.apply(workload("StatefulSet", STATEFUL_SET, "  podManagementPolicy: Parallel\n"));
    }

    private static String workload(String kind, String name, String more) {
        String plain = name.substring(name.indexOf('/') + 1);
        return """
                apiVersion: apps/v1
                kind: %1$s
                metadata: {name: %2$s, namespace: %3$s}
                spec:
                  replicas: 0
                %4$s  selector: {matchLabels: {app: %2$s}}
                  template: %5$s
                """.formatted(kind, plain, NAMESPACE, more, OptedIn.template(plain));
    }

    static void happen(Happening happening) {
        if (happening instanceof Happening.Scale scale) {
            kubectl("scale", scale.workload(), "--replicas=" + scale.replicas());
        } else if (happening instanceof Happening.Delete delete) {
            delete(delete);
        } else if (happening instanceof Happening.Roll roll) {
            kubectl("rollout", "restart", roll.workload());
        } else if (happening instanceof Happening.Cordon cordon) {
            kubectl("cordon", cordon.node());
        } else if (happening instanceof Happening.Uncordon uncordon) {
            kubectl("uncordon", uncordon.node());
        } else if (happening instanceof Happening.Kill kill) {
            Cluster.service("kill", kill.program());
            Cluster.service("start", kill.program());
        } else if (happening instanceof Happening.Replace replace) {
            persist(() -> Cluster.kubectl(
                    "--namespace",
                    Release.NAMESPACE,
                    "delete",
                    "--wait=false",
                    "--ignore-not-found",
                    somePod(replace.component())));
        }
    }

    private static String somePod(String component) {
        return Cluster.kubectl("--namespace", Release.NAMESPACE, "get", "pods", "--output=name")
                .lines()
                .filter(name -> name.startsWith("pod/pod-offload-" + component))
                .findFirst()
                .orElseThrow();
    }

    private static void delete(Happening.Delete delete) {
        persist(() -> {
            List<String> pods = Cluster.kubectl("--namespace", NAMESPACE, "get", "pods", "--output=name")
                    .lines()
                    .filter(name -> !name.isBlank())
                    .toList();
            if (!pods.isEmpty()) {
                Cluster.kubectl(
                        "--namespace",
                        NAMESPACE,
                        "delete",
                        "--wait=false",
                        "--ignore-not-found",
                        pods.get(delete.index() % pods.size()),
                        delete.force() ? "--force" : "--force=false");
            }
        });
    }

    /** Lets every node take pods again, and waits until the workloads have theirs. */
    static void settle() {
        Cluster.NODES_WITH_VFS.forEach(node -> kubectl("uncordon", node));
        for (String workload : List.of(DEPLOYMENT, STATEFUL_SET)) {
            kubectl("rollout", "status", workload, "--timeout=240s");
        }
        persist(Release::awaitReady);
    }

    /** Takes all of it away, and lets nodes take pods again. */
    static void end() {
        Cluster.NODES_WITH_VFS.forEach(node -> kubectl("uncordon", node));
        persist(() -> Cluster.kubectl(
                "delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=" + GONE_WITHIN.toSeconds() + "s"));
    }

    private static void kubectl(String... arguments) {
        persist(() -> {
            String[] all = new String[arguments.length + 2];
            all[0] = "--namespace";
            all[1] = NAMESPACE;
            System.arraycopy(arguments, 0, all, 2, arguments.length);
            Cluster.kubectl(all);
        });
    }

    /** Runs a command until it succeeds: the API server may be away. */
    private static void persist(ThrowingRunnable command) {
        Awaitility.await()
                .atMost(API_IS_BACK_WITHIN.plus(GONE_WITHIN))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> {
                    try {
                        command.run();
                    } catch (RuntimeException e) {
                        throw new AssertionError(e);
                    }
                });
    }
}
