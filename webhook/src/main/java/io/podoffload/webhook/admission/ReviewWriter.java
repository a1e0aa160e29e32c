package io.podoffload.webhook.admission;

import io.podoffload.webhook.injection.Decision;
import io.podoffload.webhook.injection.Notice;
import io.podoffload.webhook.injection.PatchOperation;
import io.podoffload.webhook.injection.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.ByteArrayBuilder;

/**
 * Writes the answer to a review: same version, same uid, response only.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response">Webhook response</a>
 */
final class ReviewWriter {

    private static final JsonFactory JSON = new JsonFactory();

    private ReviewWriter() {}

    static byte[] write(String uid, Decision decision) {
        ByteArrayBuilder bytes = new ByteArrayBuilder(1024);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            json.writeStringProperty("apiVersion", ReviewReader.API_VERSION);
            json.writeStringProperty("kind", ReviewReader.KIND);
            json.writeObjectPropertyStart("response");
            json.writeStringProperty("uid", uid);
            response(json, decision);
            json.writeEndObject();
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private static void response(JsonGenerator json, Decision decision) {
        Refusal refusal = decision.refusal();
        json.writeBooleanProperty("allowed", refusal == null);
        if (refusal != null) {
            json.writeObjectPropertyStart("status");
            json.writeNumberProperty("code", refusal.code());
            json.writeStringProperty("message", encodable(refusal.message()));
            json.writeEndObject();
        }
        if (!decision.patch().isEmpty()) {
            json.writeStringProperty("patchType", "JSONPatch");
            json.writeName("patch");
            json.writeBinary(patch(decision.patch()));
        }
        List<String> warnings = decision.warnings();
        if (!warnings.isEmpty()) {
            json.writeArrayPropertyStart("warnings");
            warnings.forEach(json::writeString);
            json.writeEndArray();
        }
        json.writeObjectPropertyStart("auditAnnotations");
        audit(json, decision);
        json.writeEndObject();
    }

    /** The API server puts the webhook's name and a slash before each key. */
    private static void audit(JsonGenerator json, Decision decision) {
        json.writeStringProperty("decision", decision.name());
        if (!decision.profile().isEmpty()) {
            json.writeStringProperty("profile", decision.profile());
        }
        if (decision instanceof Decision.Inject inject) {
            json.writeStringProperty("vfs", Integer.toString(inject.vfs()));
        }
        List<Notice> notices = decision.notices();
        if (!notices.isEmpty()) {
            json.writeStringProperty(
                    "notices", notices.stream().map(Notice::name).distinct().collect(Collectors.joining(",")));
        }
    }

    private static byte[] patch(List<PatchOperation> operations) {
        ByteArrayBuilder bytes = new ByteArrayBuilder(512);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartArray();
            for (PatchOperation operation : operations) {
                json.writeStartObject();
                json.writeStringProperty("op", "add");
                json.writeStringProperty("path", operation.path());
                json.writeName("value");
                value(json, operation.value());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        return bytes.toByteArray();
    }

    private static void value(JsonGenerator json, Object value) {
        if (value instanceof Map<?, ?> map) {
            json.writeStartObject();
            map.forEach((key, inner) -> {
                json.writeName(key.toString());
                value(json, inner);
            });
            json.writeEndObject();
        } else if (value instanceof List<?> list) {
            json.writeStartArray();
            list.forEach(inner -> value(json, inner));
            json.writeEndArray();
        } else {
            json.writeString(encodable(value.toString()));
        }
    }

    /** JSON may carry half of a surrogate pair, which UTF-8 cannot. */
    private static String encodable(String text) {
        return text.chars().noneMatch(character -> Character.isSurrogate((char) character))
                ? text
                : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
