package io.podoffload.webhook.admission;

import io.podoffload.webhook.injection.ContainerFacts;
import io.podoffload.webhook.injection.PodFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Reads a pod as the API server sent it.
 *
 * <p>A JSON tree and not the typed model, because a patch must fit what is really there: missing, null and empty are
 * different, and fields of newer servers must not matter.
 */
final class PodFactsReader {

    private PodFactsReader() {}

    static PodFacts read(JsonNode pod) {
        JsonNode spec = pod.path("spec");
        List<ContainerFacts> containers = new ArrayList<>();
        addContainers(containers, spec, "containers", false);
        addContainers(containers, spec, "initContainers", true);
        return new PodFacts(
                texts(pod.path("metadata").path("labels")),
                texts(pod.path("metadata").path("annotations")),
                spec.path("hostNetwork").asBoolean(false),
                containers);
    }

    /** Devices of a plain init container are free again when the pod runs; those of a sidecar are not. */
    private static void addContainers(
            List<ContainerFacts> containers, JsonNode spec, String field, boolean restartableOnly) {
        JsonNode list = spec.path(field);
        for (int index = 0; index < list.size(); index++) {
            JsonNode container = list.get(index);
            boolean restartable = container.path("restartPolicy").asString("").equals("Always");
            if (container.isObject() && (restartable || !restartableOnly)) {
                JsonNode resources = container.path("resources");
                containers.add(new ContainerFacts(
                        "/spec/" + field + "/" + index,
                        resources.isObject(),
                        texts(resources.path("limits")),
                        texts(resources.path("requests"))));
            }
        }
    }

    private static Map<String, String> texts(JsonNode map) {
        Map<String, String> texts = new LinkedHashMap<>();
        map.properties().stream()
                .filter(entry ->
                        entry.getValue().isValueNode() && !entry.getValue().isNull())
                .forEach(entry -> texts.put(entry.getKey(), entry.getValue().asString()));
        return texts;
    }
}
