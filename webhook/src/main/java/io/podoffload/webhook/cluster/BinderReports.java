package io.podoffload.webhook.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The reports that node-binders write, one ConfigMap a node, by what their kubelets advertise. */
final class BinderReports implements ResourceEventHandler<ConfigMap> {

    /** Label of the reports. */
    static final String REPORT = "pod-offload.io/report";

    /** Its value on the report of a node. */
    static final String NODE = "node";

    /** The resources that the kubelet advertises, one a line, {@code domain/name count}. */
    private static final String RESOURCES = "resources";

    private final Map<String, Set<String>> resourcesByReport = new ConcurrentHashMap<>();

    boolean anyWith(String resource) {
        return resourcesByReport.values().stream().anyMatch(resources -> resources.contains(resource));
    }

    @Override
    public void onAdd(ConfigMap report) {
        String resources = report.getData() == null ? "" : report.getData().getOrDefault(RESOURCES, "");
        resourcesByReport.put(
                report.getMetadata().getName(),
                resources
                        .lines()
                        .map(line -> line.strip().split("\\s+", -1)[0])
                        .collect(Collectors.toUnmodifiableSet()));
    }

    @Override
    public void onUpdate(ConfigMap before, ConfigMap report) {
        onAdd(report);
    }

    @Override
    public void onDelete(ConfigMap report, boolean finalStateUnknown) {
        resourcesByReport.remove(report.getMetadata().getName());
    }
}
