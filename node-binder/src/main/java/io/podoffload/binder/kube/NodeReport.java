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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tells the cluster that this node is looked after, for which resources, and how its VFs are: a ConfigMap that goes with its
 * Node. The webhook warns where nobody looks after any node of a resource.
 */
public final class NodeReport {

    private static final Logger LOG = LoggerFactory.getLogger(NodeReport.class);

    /** Far below what etcd takes, so that a cluster of many nodes can be read at once. */
    private static final int LARGEST = 64 * 1024;

    private final KubernetesClient client;
    private final String namespace;
    private final String node;
    private final JsonMapper json;
    private long writtenVersion = -1;
    private @Nullable Map<String, Integer> writtenResources;

    public NodeReport(KubernetesClient client, String namespace, String node, JsonMapper json) {
        this.client = client;
        this.namespace = namespace;
        this.node = node;
        this.json = json;
    }

    /**
     * Writes the report where it has changed.
     *
     * @param resources devices that the kubelet has for pods, by resource
     * @param version of {@code vfs}
     * @param vfs what is to be told of each VF, as JSON
     */
    public void write(Map<String, Integer> resources, long version, List<?> vfs) {
        if (version == writtenVersion && resources.equals(writtenResources)) {
            return;
        }
        client.resource(report(resources, vfs)).createOr(NonDeletingOperation::update);
        writtenVersion = version;
        writtenResources = resources;
    }

    private ConfigMap report(Map<String, Integer> resources, List<?> vfs) {
        String lines = resources.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue() + "\n")
                .collect(Collectors.joining());
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName("pod-offload-node-" + node)
                .withLabels(Map.of("pod-offload.io/report", "node"))
                .withOwnerReferences(owner())
                .endMetadata()
                .withData(Map.of("resources", lines, "vfs", withinLimit(vfs)))
                .build();
    }

    /** One line for each VF; those that do not fit are counted. */
    private String withinLimit(List<?> vfs) {
        StringBuilder lines = new StringBuilder();
        for (int index = 0; index < vfs.size(); index++) {
            String line = json.writeValueAsString(vfs.get(index)) + "\n";
            if (lines.length() + line.length() > LARGEST) {
                LOG.warn("the report of this node has no room for {} of its VFs", vfs.size() - index);
                return lines.append("{\"left out\":")
                        .append(vfs.size() - index)
                        .append("}\n")
                        .toString();
            }
            lines.append(line);
        }
        return lines.toString();
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
