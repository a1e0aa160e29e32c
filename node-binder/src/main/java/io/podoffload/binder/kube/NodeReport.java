package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.offload.OffloadVerdict;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
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

    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    private final KubernetesClient client;
    private final ApiServer api;
    private final String namespace;
    private final String node;
    private final JsonMapper json;
    private final ReportPace pace = new ReportPace();

    /** The Node, of which the uid is asked for once; empty while it is not known. */
    private List<OwnerReference> owner = List.of();

    /**
     * What is told.
     *
     * @param resources devices that the kubelet has for pods, by resource
     * @param vfs every VF
     * @param shares of all bound pods' packets in the NIC at the last looks, the newest last; negative where there was none
     */
    public record Contents(Map<String, Integer> resources, List<Vf> vfs, List<Double> shares) {
        static final Contents NONE = new Contents(Map.of(), List.of(), List.of());

        /** Without what changes all the time. */
        Contents steady() {
            return new Contents(resources, vfs.stream().map(Vf::withoutShare).toList(), List.of());
        }
    }

    /**
     * One VF.
     *
     * @param pf its PF's netdev; null while the VF cannot be mapped, like {@code representor}
     * @param severity of the reason, {@link Reason.Severity}
     * @param pod namespace/name of the pod that holds it, null if none
     * @param offload where the pod's packets run, null if it is not bound
     * @param share of the pod's packets in the NIC when last seen, 0 to 1
     */
    public record Vf(
            String pci,
            @Nullable String pf,
            @Nullable String representor,
            Reason reason,
            String severity,
            String detail,
            @Nullable String pod,
            Instant since,
            @Nullable OffloadVerdict offload,
            double share) {
        Vf withoutShare() {
            return new Vf(pci, pf, representor, reason, severity, detail, pod, since, offload, 0);
        }
    }

    public NodeReport(KubernetesClient client, ApiServer api, String namespace, String node, JsonMapper json) {
        this.client = client;
        this.api = api;
        this.namespace = namespace;
        this.node = node;
        this.json = json;
    }

    /** Writes the report where it is due. */
    public void write(Contents contents) {
        if (pace.isDue(contents, System.nanoTime())) {
            try {
                put(contents);
            } catch (KubernetesClientException e) {
                throw api.failed(e);
            }
            api.answered();
            pace.written(contents, System.nanoTime());
        }
    }

    /** One request, and no version is asked for first: this binder alone writes the report of its node. */
    private void put(Contents contents) {
        if (owner.isEmpty()) {
            owner = readOwner();
        }
        try {
            client.resource(report(contents)).patch(MERGE);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
            owner = readOwner(); // the report may have gone with its Node, of which there is another now
            client.resource(report(contents)).create();
        }
    }

    private ConfigMap report(Contents contents) {
        String lines = contents.resources().entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue() + "\n")
                .collect(Collectors.joining());
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName("pod-offload-node-" + node)
                .withLabels(Map.of("pod-offload.io/report", "node"))
                .withOwnerReferences(owner)
                .endMetadata()
                .withData(Map.of(
                        "resources",
                        lines,
                        "vfs",
                        withinLimit(contents.vfs()),
                        "shares",
                        contents.shares().stream()
                                .map(share -> String.format(Locale.ROOT, "%.3f", share))
                                .collect(Collectors.joining(" "))))
                .build();
    }

    /** One line for each VF; those that do not fit are counted. */
    private String withinLimit(List<?> vfs) {
        StringBuilder lines = new StringBuilder();
        int leftOut = 0;
        for (Object vf : vfs) {
            String line = json.writeValueAsString(vf) + "\n";
            if (lines.length() + line.length() > LARGEST) {
                leftOut++;
            } else {
                lines.append(line);
            }
        }
        if (leftOut > 0) {
            LOG.warn("the report of this node has no room for {} of its VFs", leftOut);
            lines.append("{\"left out\":").append(leftOut).append("}\n");
        }
        return lines.toString();
    }

    private List<OwnerReference> readOwner() {
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
