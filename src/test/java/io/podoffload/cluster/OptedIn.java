package io.podoffload.cluster;

/** Manifests of pods that opt in. */
final class OptedIn {

    /** Ends at the first SIGTERM; as first process of a container, {@code sleep} itself ignores it. */
    private static final String MAIN = """
            {name: main, image: "docker.io/library/busybox:latest", imagePullPolicy: Never, \
            command: [sh, -c, "trap exit TERM; sleep 100000 & wait"]}""";

    private OptedIn() {}

    /** A pod that sleeps on a node, and ends at once when it is asked to. */
    static String pod(String name, String node) {
        return """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %s
                  labels: {pod-offload.io/enabled: "true"}
                spec:
                  nodeSelector: {kubernetes.io/hostname: %s}
                  terminationGracePeriodSeconds: 5
                  containers:
                    - %s
                """.formatted(name, node, MAIN);
    }

    /** The same, but it ignores SIGTERM. */
    static String stubborn(String name, String node) {
        return pod(name, node).replace("trap exit TERM", "trap '' TERM");
    }

    /** Template of such pods for the manifest of a workload, on one line: they have the label {@code app}, and run on any node with VFs. */
    static String template(String app) {
        return """
                {metadata: {labels: {app: %s, pod-offload.io/enabled: "true"}}, spec: {nodeSelector: {vfs: some}, \
                terminationGracePeriodSeconds: 5, containers: [%s]}}""".formatted(app, MAIN);
    }
}
