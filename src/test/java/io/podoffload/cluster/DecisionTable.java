package io.podoffload.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The table of docs/webhook.md, with a pod for each row. */
final class DecisionTable {

    private static final Pattern ROW = Pattern.compile("\\| (.+?) \\| `(\\w+)` \\| (.*?) \\| (.*?) \\|");

    private DecisionTable() {}

    /**
     * A row, and a pod that is what the row says.
     *
     * @param decision name of the decision
     * @param answer what the document says that the user reads; empty if nothing
     * @param without what the cluster lacks; empty if nothing
     */
    record Row(
            String given,
            String decision,
            String answer,
            String namespace,
            String conflict,
            String without,
            String manifest) {

        boolean isRefused() {
            return answer.startsWith("refused ");
        }

        /** The document's sentence without the code. */
        String refusal() {
            return answer.replaceFirst("refused \\d+: ", "");
        }

        String profile() {
            return given.startsWith("profile named by") ? "bluefield" : "default";
        }

        /** With this value of the label. */
        String pod(@Nullable String label) {
            ObjectNode pod = (ObjectNode) JsonMapper.shared().readTree(manifest);
            pod.put("apiVersion", "v1").put("kind", "Pod");
            // the name of the token's volume is random
            pod.withObject("/spec").put("automountServiceAccountToken", false);
            if (label != null) {
                pod.withObject("/metadata/labels").put("pod-offload.io/enabled", label);
            }
            return pod.toString();
        }

        @Override
        public String toString() {
            return given;
        }
    }

    /** The rows as the document has them; each of them has a pod. */
    static List<Row> rows() throws IOException {
        Map<String, Map<String, Object>> pods = new HashMap<>();
        List<Map<String, Object>> entries =
                new Yaml().load(Files.readString(Cluster.PROJECT.resolve("src/test/cluster/decision-table.yaml")));
        entries.forEach(entry -> pods.put((String) entry.get("given"), entry));
        List<Row> rows = new ArrayList<>();
        Matcher row = ROW.matcher(Files.readString(Cluster.PROJECT.resolve("docs/webhook.md")));
        while (row.find()) {
            Map<String, Object> entry = pods.remove(row.group(1));
            if (entry == null) {
                throw new IllegalStateException("src/test/cluster/decision-table.yaml has no pod for: " + row.group(1));
            }
            rows.add(new Row(
                    row.group(1),
                    row.group(2),
                    row.group(4),
                    (String) entry.getOrDefault("namespace", "shop"),
                    (String) entry.getOrDefault("conflict", "warn"),
                    (String) entry.getOrDefault("without", ""),
                    JsonMapper.shared().writeValueAsString(entry.get("pod"))));
        }
        if (!pods.isEmpty()) {
            throw new IllegalStateException("docs/webhook.md has no row for: " + pods.keySet());
        }
        return rows;
    }
}
