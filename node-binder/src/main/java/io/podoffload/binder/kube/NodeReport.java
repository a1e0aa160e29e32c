package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells the cluster that this node is looked after, and for which resources: a ConfigMap that goes with its Node. The
 * webhook warns where nobody looks after any node of a resource.
 */
public final class NodeReport {

    private final KubernetesClient client;
    private final String namespace;
    private final String node;
    private @Nullable String written;

    public NodeReport(KubernetesClient client, String namespace, String node) {
        this.client = client;
        this.namespace = namespace;
        this.node = node;
    }

    /**
     * Writes the report where it has changed.
     *
     * @param resources devices that the kubelet has for pods, by resource
     */
    public void write(Map<String, Integer> resources) {
        String lines = resources.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue() + "\n")
                .collect(Collectors.joining());
        if (lines.equals(written)) {
            return;
        }
        client.resource(report(lines)).createOr(NonDeletingOperation::update);
        written = lines;
    }

    private ConfigMap report(String resources) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName("pod-offload-node-" + node)
                .withLabels(Map.of("pod-offload.io/report", "node"))
                .withOwnerReferences(owner())
                .endMetadata()
                .withData(Map.of("resources", resources))
                .build();
    }

    private List<OwnerReference> owner() {
        Node object = client.nodes().withName(node).get();
        return object == null
                ? List.of()
                : List.of(new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Node")
                        .withName(node)
                        .withUid(object.getMetadata().getUid())
                        .build());
    }
}
