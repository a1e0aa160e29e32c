package io.podoffload.webhook.admission;

import io.podoffload.webhook.injection.PodFacts;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads an AdmissionReview v1 in one pass and keeps only what the decision needs. Fields may come in any order; unknown
 * ones, of newer servers, are skipped, and a field of a wrong type counts as absent.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request">Webhook request</a>
 */
final class ReviewReader {

    static final String API_VERSION = "admission.k8s.io/v1";
    static final String KIND = "AdmissionReview";
    private static final int DEEPEST = 200;

    private static final TokenStreamFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
            .build();

    private String apiVersion = "";
    private String kind = "";
    private @Nullable String uid;
    private String namespace = "";
    private String name = "";
    private String operation = "";
    private String group = "";
    private String podKind = "";
    private String subResource = "";
    private boolean dryRun;
    private @Nullable PodReader object;

    private ReviewReader() {}

    /**
     * Reads {@code length} bytes of {@code body}.
     *
     * @throws InvalidReviewException if they are not JSON, or no AdmissionReview v1 with a request and a uid
     */
    static Review read(byte[] body, int length) throws InvalidReviewException {
        ReviewReader reader = new ReviewReader();
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), body, 0, length)) {
            if (json.nextToken() == JsonToken.START_OBJECT) {
                reader.review(json);
                if (json.nextToken() != null) {
                    throw new InvalidReviewException("there is something behind the " + KIND);
                }
            }
        } catch (JacksonException e) {
            throw new InvalidReviewException("this is no JSON: " + e.getOriginalMessage());
        }
        return reader.review();
    }

    private Review review() throws InvalidReviewException {
        if (!apiVersion.equals(API_VERSION) || !kind.equals(KIND)) {
            throw new InvalidReviewException("this is no " + KIND + " of " + API_VERSION);
        }
        if (uid == null || uid.chars().anyMatch(character -> Character.isSurrogate((char) character))) {
            throw new InvalidReviewException("the " + KIND + " has no request with a uid");
        }
        // Containers cannot get devices after creation, and a subresource is never a new pod.
        boolean creation = operation.equals("CREATE")
                && group.isEmpty()
                && podKind.equals("Pod")
                && subResource.isEmpty()
                && object != null;
        @Nullable PodFacts pod = creation ? Objects.requireNonNull(object).facts() : null;
        return new Review(
                uid,
                namespace,
                name.isEmpty() && object != null ? object.name() : name,
                dryRun,
                object == null ? null : object.owner(),
                pod);
    }

    private void review(JsonParser json) {
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            json.nextToken();
            switch (field) {
                case "apiVersion" -> apiVersion = Values.text(json, "");
                case "kind" -> kind = Values.text(json, "");
                case "request" -> request(json);
                default -> json.skipChildren();
            }
        }
    }

    private void request(JsonParser json) {
        if (!Values.isObject(json)) {
            return;
        }
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            json.nextToken();
            switch (field) {
                case "uid" -> uid = json.currentToken() == JsonToken.VALUE_STRING ? json.getString() : skipped(json);
                case "namespace" -> namespace = Values.text(json, "");
                case "name" -> name = Values.text(json, "");
                case "operation" -> operation = Values.text(json, "");
                case "subResource" -> subResource = Values.text(json, "");
                case "dryRun" -> dryRun = Values.isTrue(json);
                case "kind" -> kindOfObject(json);
                case "object" -> object = PodReader.read(json);
                default -> json.skipChildren();
            }
        }
    }

    private static @Nullable String skipped(JsonParser json) {
        json.skipChildren();
        return null;
    }

    private void kindOfObject(JsonParser json) {
        group = "";
        podKind = "";
        if (!Values.isObject(json)) {
            return;
        }
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            json.nextToken();
            switch (field) {
                case "group" -> group = Values.text(json, "");
                case "kind" -> podKind = Values.text(json, "");
                default -> json.skipChildren();
            }
        }
    }
}
