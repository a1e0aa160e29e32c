package io.podoffload.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Applies the {@code add} operations of RFC 6902 to objects as strictly as the API server does. */
final class AppliedPatch {

    private AppliedPatch() {}

    static JsonNode to(JsonNode document, JsonNode patch, String world) {
        JsonNode result = document.deepCopy();
        for (JsonNode operation : patch) {
            assertThat(operation.path("op").asString()).as(world).isEqualTo("add");
            JsonPointer path = JsonPointer.compile(operation.path("path").asString());
            JsonNode parent = result.at(path.head());
            assertThat(parent.isObject()).as("parent of %s in %s", path, world).isTrue();
            ((ObjectNode) parent).set(path.last().getMatchingProperty(), operation.path("value"));
        }
        return result;
    }
}
