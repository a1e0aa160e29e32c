package io.podoffload.webhook.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The report that the binder of one node wrote. What another version of the binder leaves out or adds does no harm.
 *
 * @param node its name
 * @param resources that the kubelet has devices for
 * @param vfs every VF that fits into a report
 * @param leftOut how many did not
 * @param shares of the bound pods' packets in the NIC at the last looks, the newest last; negative where there was no packet
 */
public record ReportedNode(String node, Set<String> resources, List<ReportedVf> vfs, int leftOut, List<Double> shares) {

    private static final String PREFIX = "pod-offload-node-";

    /**
     * A line of it.
     *
     * @param pf netdev of the PF; null where the VF is not mapped, like {@code representor}
     * @param severity free, ok, wait or bad
     * @param pod namespace/name of the pod that holds it; null if none
     * @param offload where the pod's packets run; null if it is not bound
     * @param share of the pod's packets in the NIC when last seen, 0 to 1
     */
    public record ReportedVf(
            String node,
            String pci,
            @Nullable String pf,
            @Nullable String representor,
            String reason,
            String severity,
            String detail,
            @Nullable String pod,
            @Nullable String offload,
            double share) {

        /** On its way home from a pod that is gone. */
        public boolean isBeingReleased() {
            return reason.startsWith("WaitingFor") && pod == null;
        }

        @Override
        public String toString() {
            return "VF " + pci + " on " + node;
        }
    }

    /** Reads a report. */
    public static ReportedNode of(ConfigMap report) {
        Map<String, String> data = report.getData() == null ? Map.of() : report.getData();
        String node = report.getMetadata().getName().replaceFirst("^" + PREFIX, "");
        List<ReportedVf> vfs = new ArrayList<>();
        int leftOut = 0;
        for (String line : data.getOrDefault("vfs", "").lines().toList()) {
            JsonNode json = read(line);
            leftOut += json.path("left out").asInt(0);
            if (json.path("pci").isString()) {
                vfs.add(vf(node, json));
            }
        }
        return new ReportedNode(
                node,
                data.getOrDefault("resources", "")
                        .lines()
                        .map(line -> line.strip().split("\\s+", -1)[0])
                        .collect(Collectors.toUnmodifiableSet()),
                List.copyOf(vfs),
                leftOut,
                shares(data.getOrDefault("shares", "")));
    }

    private static ReportedVf vf(String node, JsonNode json) {
        return new ReportedVf(
                node,
                json.path("pci").asString(),
                json.path("pf").asString(null),
                json.path("representor").asString(null),
                json.path("reason").asString("?"),
                json.path("severity").asString("free"),
                json.path("detail").asString(""),
                json.path("pod").asString(null),
                json.path("offload").asString(null),
                json.path("share").asDouble(0));
    }

    private static JsonNode read(String line) {
        try {
            return JsonMapper.shared().readTree(line);
        } catch (JacksonException ofAnotherVersion) {
            return JsonMapper.shared().createObjectNode();
        }
    }

    private static List<Double> shares(String text) {
        try {
            return text.isBlank()
                    ? List.of()
                    : List.of(text.strip().split("\\s+")).stream()
                            .map(Double::valueOf)
                            .toList();
        } catch (NumberFormatException ofAnotherVersion) {
            return List.of();
        }
    }
}
