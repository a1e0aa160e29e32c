package io.podoffload.binder.ovs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** OVSDB's notation of values: RFC 7047, section 5.1. */
final class Values {

    private static final JsonMapper JSON = JsonMapper.shared();

    private Values() {}

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    static ArrayNode array(Object... elements) {
        ArrayNode array = JSON.createArrayNode();
        for (Object element : elements) {
            array.add((JsonNode) JSON.valueToTree(element));
        }
        return array;
    }

    /** {@code ["map", [[key, value], …]]}. */
    static ArrayNode map(Map<String, String> entries) {
        ArrayNode pairs = JSON.createArrayNode();
        entries.forEach((key, value) -> pairs.add(array(key, value)));
        return array("map", pairs);
    }

    /** {@code ["set", [element, …]]}. */
    static ArrayNode set(Iterable<String> elements) {
        ArrayNode list = JSON.createArrayNode();
        elements.forEach(list::add);
        return array("set", list);
    }

    static Map<String, String> readMap(JsonNode value) {
        Map<String, String> entries = new LinkedHashMap<>();
        for (JsonNode pair : value.path(1)) {
            entries.put(pair.path(0).asString(), pair.path(1).asString());
        }
        return entries;
    }

    /**
     * A column after the {@code modify} of a row-update2. Maps come as the pairs to add, to change or, where they are the
     * same, to take away; an optional value as the elements to add and to take away, which is the old value and the new
     * one; everything else as the new value.
     */
    static JsonNode patched(JsonNode before, JsonNode difference) {
        if (isKind(difference, "map")) {
            return map(patchedMap(readMap(before), readMap(difference)));
        }
        if (isKind(difference, "set")) {
            for (JsonNode element : difference.path(1)) {
                if (!element.equals(before)) {
                    return element;
                }
            }
        }
        return difference.equals(before) || isKind(difference, "set") ? set(List.of()) : difference;
    }

    private static Map<String, String> patchedMap(Map<String, String> before, Map<String, String> difference) {
        Map<String, String> after = new LinkedHashMap<>(before);
        difference.forEach((key, value) -> {
            if (!after.remove(key, value)) {
                after.put(key, value);
            }
        });
        return after;
    }

    private static boolean isKind(JsonNode value, String kind) {
        return value.isArray() && value.path(0).asString("").equals(kind);
    }

    /** An optional column: an atom, or the empty set. */
    static String readText(JsonNode value) {
        return value.isString() ? value.asString() : "";
    }

    /** An optional column: an atom, or the empty set, which reads as {@code otherwise}. */
    static int readInt(JsonNode value, int otherwise) {
        return value.isNumber() ? value.asInt() : otherwise;
    }
}
