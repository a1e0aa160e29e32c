package io.podoffload.webhook.uninstall;

import io.fabric8.kubernetes.api.model.ConfigMap;
import java.util.Collection;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A line of a node-binder's report. */
record ReportedVf(String node, String pci, String reason, boolean ofAPod) {

    private static final String PREFIX = "pod-offload-node-";

    /** Those that are on their way home from a pod that is gone. */
    static List<ReportedVf> beingReleased(Collection<ConfigMap> reports) {
        return reports.stream()
                .filter(report -> report.getData() != null)
                .flatMap(report -> report.getData()
                        .getOrDefault("vfs", "")
                        .lines()
                        .filter(line -> !line.isBlank())
                        .map(line -> of(report.getMetadata().getName(), line)))
                .filter(vf -> vf.reason().startsWith("WaitingFor") && !vf.ofAPod())
                .toList();
    }

    private static ReportedVf of(String report, String line) {
        JsonNode vf;
        try {
            vf = JsonMapper.shared().readTree(line);
        } catch (JacksonException ofAnotherVersion) {
            vf = JsonMapper.shared().createObjectNode();
        }
        return new ReportedVf(
                report.replaceFirst("^" + PREFIX, ""),
                vf.path("pci").asString("?"),
                vf.path("reason").asString("?"),
                vf.path("pod").isString());
    }

    @Override
    public String toString() {
        return "VF " + pci + " on " + node;
    }
}
