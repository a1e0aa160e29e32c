package io.podoffload.cluster;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Something that the cluster lacks until this is closed. */
record Lack(Runnable restore) implements AutoCloseable {

    private static final String RESOURCE_NAME = "k8s.v1.cni.cncf.io/resourceName";

    static Lack of(String what) {
        return switch (what) {
            case "network" -> network();
            case "resource name" -> resourceName();
            case "reports" -> reports();
            default -> throw new IllegalArgumentException(what);
        };
    }

    private static Lack network() {
        ObjectNode network = (ObjectNode) Cluster.get("network-attachment-definition", "default");
        ObjectNode metadata = (ObjectNode) network.path("metadata");
        metadata.remove("resourceVersion");
        metadata.remove("uid");
        Cluster.kubectl("delete", "network-attachment-definition", "default");
        return new Lack(() -> Cluster.apply(network.toString()));
    }

    private static Lack resourceName() {
        JsonNode network = Cluster.get("network-attachment-definition", "default");
        String resource =
                network.at("/metadata/annotations").path(RESOURCE_NAME).asString();
        Cluster.kubectl("annotate", "network-attachment-definition", "default", RESOURCE_NAME + "-");
        return new Lack(() -> Cluster.kubectl(
                "annotate", "--overwrite", "network-attachment-definition", "default", RESOURCE_NAME + "=" + resource));
    }

    private static Lack reports() {
        String[] reports = Cluster.kubectl(
                        "-n", Release.NAMESPACE, "get", "configmaps", "-l", "pod-offload.io/report=node", "-o", "name")
                .split("\\s+");
        label(reports, "pod-offload.io/report-");
        return new Lack(() -> label(reports, "pod-offload.io/report=node"));
    }

    private static void label(String[] reports, String label) {
        for (String report : reports) {
            Cluster.kubectl("-n", Release.NAMESPACE, "label", "--overwrite", report, label);
        }
    }

    @Override
    public void close() {
        restore.run();
    }
}
