package io.podoffload.webhook.admission;

import io.podoffload.webhook.injection.Decision;
import io.podoffload.webhook.injection.Notice;
import io.podoffload.webhook.injection.PatchOperation;
import io.podoffload.webhook.injection.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes the answer to a review: same version, same uid, response only. Half a surrogate pair, which JSON may carry and
 * UTF-8 cannot, becomes a question mark.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response">Webhook response</a>
 */
final class ReviewWriter {

    private static final int USUAL = 1024;

    private final StringBuilder json = new StringBuilder(USUAL);

    private ReviewWriter() {}

    static byte[] write(String uid, Decision decision) {
        ReviewWriter answer = new ReviewWriter();
        answer.review(uid, decision);
        return answer.bytes();
    }

    private byte[] bytes() {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void review(String uid, Decision decision) {
        json.append("{\"apiVersion\":\"" + ReviewReader.API_VERSION + "\",\"kind\":\"" + ReviewReader.KIND
                + "\",\"response\":{\"uid\":");
        string(uid);
        Refusal refusal = decision.refusal();
        json.append(",\"allowed\":").append(refusal == null);
        if (refusal != null) {
            json.append(",\"status\":{\"code\":").append(refusal.code()).append(",\"message\":");
            string(refusal.message());
            json.append('}');
        }
        if (!decision.patch().isEmpty()) {
            json.append(",\"patchType\":\"JSONPatch\",\"patch\":\"")
                    .append(patch(decision.patch()))
                    .append('"');
        }
        List<String> warnings = decision.warnings();
        if (!warnings.isEmpty()) {
            json.append(",\"warnings\":");
            value(warnings);
        }
        json.append(",\"auditAnnotations\":{\"decision\":");
        audit(decision);
        json.append("}}}");
    }

    /** The API server puts the webhook's name and a slash before each key. */
    private void audit(Decision decision) {
        string(decision.name());
        if (!decision.profile().isEmpty()) {
            json.append(",\"profile\":");
            string(decision.profile());
        }
        if (decision instanceof Decision.Inject inject) {
            json.append(",\"vfs\":\"").append(inject.vfs()).append('"');
        }
        List<Notice> notices = decision.notices();
        if (!notices.isEmpty()) {
            json.append(",\"notices\":");
            string(notices.stream().map(Notice::name).distinct().collect(Collectors.joining(",")));
        }
    }

    private static String patch(List<PatchOperation> operations) {
        ReviewWriter patch = new ReviewWriter();
        String before = "[";
        for (PatchOperation operation : operations) {
            patch.json.append(before).append("{\"op\":\"add\",\"path\":");
            patch.string(operation.path());
            patch.json.append(",\"value\":");
            patch.value(operation.value());
            patch.json.append('}');
            before = ",";
        }
        patch.json.append(']');
        return Base64.getEncoder().encodeToString(patch.bytes());
    }

    private void value(Object value) {
        if (value instanceof Map<?, ?> map) {
            json.append('{');
            String before = "";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                json.append(before);
                string(String.valueOf(entry.getKey()));
                json.append(':');
                value(entry.getValue());
                before = ",";
            }
            json.append('}');
        } else if (value instanceof List<?> list) {
            json.append('[');
            String before = "";
            for (Object element : list) {
                json.append(before);
                value(element);
                before = ",";
            }
            json.append(']');
        } else {
            string(value.toString());
        }
    }

    private void string(String text) {
        json.append('"');
        if (isPlain(text)) {
            json.append(text);
        } else {
            text.chars().forEach(this::escaped);
        }
        json.append('"');
    }

    private static boolean isPlain(String text) {
        for (int index = 0; index < text.length(); index++) {
            char character = text.charAt(index);
            if (character < ' ' || character == '"' || character == '\\') {
                return false;
            }
        }
        return true;
    }

    private void escaped(int character) {
        if (character < ' ') {
            json.append(String.format("\\u%04x", character));
            return;
        }
        if (character == '"' || character == '\\') {
            json.append('\\');
        }
        json.append((char) character);
    }
}
