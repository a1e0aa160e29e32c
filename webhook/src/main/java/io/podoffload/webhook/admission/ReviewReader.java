package io.podoffload.webhook.admission;

import io.podoffload.webhook.admission.JsonWalk.Names;
import io.podoffload.webhook.injection.PodFacts;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads an AdmissionReview v1 in one pass and keeps only what the decision needs. Fields may come in any order; unknown
 * ones, of newer servers, are skipped, and a field of a wrong type counts as absent.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request">Webhook request</a>
 */
final class ReviewReader {

    static final String API_VERSION = "admission.k8s.io/v1";
    static final String KIND = "AdmissionReview";

    private static final Names REVIEW = Names.of("apiVersion", "kind", "request");
    private static final Names REQUEST =
            Names.of("uid", "namespace", "name", "operation", "subResource", "dryRun", "kind", "object");
    private static final Names KIND_OF_OBJECT = Names.of("group", "kind");

    private String apiVersion = "";
    private String kind = "";
    private String uid = "";
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
     * @throws InvalidReviewException if they are not JSON, or no AdmissionReview v1
     */
    static Review read(byte[] body, int length) throws InvalidReviewException {
        ReviewReader reader = new ReviewReader();
        JsonWalk json = new JsonWalk(body, length);
        if (json.enterObject()) {
            reader.review(json);
        }
        json.finish();
        return reader.review();
    }

    private Review review() throws InvalidReviewException {
        if (!apiVersion.equals(API_VERSION) || !kind.equals(KIND)) {
            throw new InvalidReviewException("this is no " + KIND + " of " + API_VERSION);
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

    private void review(JsonWalk json) throws InvalidReviewException {
        for (String field = json.nextName(REVIEW); field != null; field = json.nextName(REVIEW)) {
            switch (field) {
                case "apiVersion" -> apiVersion = json.text("");
                case "kind" -> kind = json.text("");
                case "request" -> request(json);
                default -> json.skip();
            }
        }
    }

    private void request(JsonWalk json) throws InvalidReviewException {
        if (!json.enterObject()) {
            return;
        }
        for (String field = json.nextName(REQUEST); field != null; field = json.nextName(REQUEST)) {
            switch (field) {
                case "uid" -> uid = json.text("");
                case "namespace" -> namespace = json.text("");
                case "name" -> name = json.text("");
                case "operation" -> operation = json.text("");
                case "subResource" -> subResource = json.text("");
                case "dryRun" -> dryRun = json.isTrue();
                case "kind" -> kindOfObject(json);
                case "object" -> object = PodReader.read(json);
                default -> json.skip();
            }
        }
    }

    private void kindOfObject(JsonWalk json) throws InvalidReviewException {
        group = "";
        podKind = "";
        if (!json.enterObject()) {
            return;
        }
        for (String field = json.nextName(KIND_OF_OBJECT); field != null; field = json.nextName(KIND_OF_OBJECT)) {
            switch (field) {
                case "group" -> group = json.text("");
                case "kind" -> podKind = json.text("");
                default -> json.skip();
            }
        }
    }
}
