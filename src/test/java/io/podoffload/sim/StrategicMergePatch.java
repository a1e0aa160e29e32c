package io.podoffload.sim;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Strategic merge patch as clients make it that know the types: a list whose order the patch tells is merged by the key that the
 * order names, any other is replaced.
 *
 * @see <a href="https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/">Patches</a>
 */
final class StrategicMergePatch {

    private static final String ORDER = "$setElementOrder/";
    private static final String PATCH = "$patch";

    private StrategicMergePatch() {}

    static JsonNode apply(@Nullable JsonNode current, JsonNode patch) {
        if (!patch.isObject()) {
            return patch;
        }
        ObjectNode result = current != null && current.isObject()
                ? (ObjectNode) current.deepCopy()
                : JsonMapper.shared().createObjectNode();
        for (Map.Entry<String, JsonNode> field : patch.properties()) {
            String name = field.getKey();
            if (name.startsWith("$")) {
                continue;
            }
            if (field.getValue().isNull()) {
                result.remove(name);
            } else if (field.getValue().isArray()
                    && patch.path(ORDER + name).path(0).isObject()) {
                String key = patch.path(ORDER + name)
                        .path(0)
                        .propertyNames()
                        .iterator()
                        .next();
                result.set(name, merged(result.path(name), field.getValue(), key));
            } else {
                result.set(name, apply(result.get(name), field.getValue()));
            }
        }
        return result;
    }

    private static ArrayNode merged(JsonNode current, JsonNode patch, String key) {
        ArrayNode result = JsonMapper.shared().createArrayNode();
        for (JsonNode element : current) {
            JsonNode change = element(patch, key, element.path(key));
            if (change == null) {
                result.add(element);
            } else if (!change.path(PATCH).asString("").equals("delete")) {
                result.add(apply(element, change));
            }
        }
        for (JsonNode change : patch) {
            if (element(current, key, change.path(key)) == null
                    && !change.path(PATCH).asString("").equals("delete")) {
                result.add(change);
            }
        }
        return result;
    }

    private static @Nullable JsonNode element(JsonNode list, String key, JsonNode value) {
        return list.valueStream()
                .filter(element -> element.path(key).equals(value))
                .findFirst()
                .orElse(null);
    }
}
