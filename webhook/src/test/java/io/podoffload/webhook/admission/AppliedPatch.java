package io.podoffload.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Applies the {@code add} operations of RFC 6902 as strictly as the API server does. */
final class AppliedPatch {

    private AppliedPatch() {}

    static JsonNode to(JsonNode document, JsonNode patch, String world) {
        JsonNode result = document.deepCopy();
        for (JsonNode operation : patch) {
            assertThat(operation.path("op").asString()).as(world).isEqualTo("add");
            JsonPointer path = JsonPointer.compile(operation.path("path").asString());
            JsonNode parent = result.at(path.head());
            String last = path.last().getMatchingProperty();
            if (parent instanceof ArrayNode list) {
                assertThat(last).as(world).isEqualTo("-");
                list.add(operation.path("value"));
            } else {
                assertThat(parent.isObject())
                        .as("parent of %s in %s", path, world)
                        .isTrue();
                ((ObjectNode) parent).set(last, operation.path("value"));
            }
        }
        return result;
    }
}
