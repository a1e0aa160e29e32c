package io.podoffload.webhook.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/** The reports that node-binders write, one ConfigMap a node. */
@Component
public final class BinderReports implements ResourceEventHandler<ConfigMap> {

    /** Label of the reports. */
    static final String REPORT = "pod-offload.io/report";

    /** Its value on the report of a node. */
    static final String NODE = "node";

    private final Map<String, ReportedNode> byName = new ConcurrentHashMap<>();

    boolean anyWith(String resource) {
        return byName.values().stream().anyMatch(node -> node.resources().contains(resource));
    }

    /** Every node that has reported, by name. */
    public List<ReportedNode> all() {
        return byName.values().stream()
                .sorted(Comparator.comparing(ReportedNode::node))
                .toList();
    }

    @Override
    public void onAdd(ConfigMap report) {
        byName.put(report.getMetadata().getName(), ReportedNode.of(report));
    }

    @Override
    public void onUpdate(ConfigMap before, ConfigMap report) {
        onAdd(report);
    }

    @Override
    public void onDelete(ConfigMap report, boolean finalStateUnknown) {
        byName.remove(report.getMetadata().getName());
    }
}
