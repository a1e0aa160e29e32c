package io.podoffload.cluster;

/** Manifests of pods that opt in. */
final class OptedIn {

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
                    - {name: main, image: "docker.io/library/busybox:latest", imagePullPolicy: Never, command: [sleep, "100000"]}
                """.formatted(name, node);
    }
}
