package io.podoffload.webhook.admission;

import io.podoffload.webhook.injection.Decision;
import io.podoffload.webhook.injection.InjectionPolicy;
import io.podoffload.webhook.injection.PatchOperation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers an AdmissionReview v1.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-request-and-response">Webhook request and response</a>
 */
@Component
public final class AdmissionReviews {

    private static final Logger LOG = LoggerFactory.getLogger(AdmissionReviews.class);
    private static final String API_VERSION = "admission.k8s.io/v1";
    private static final String KIND = "AdmissionReview";
    private static final int UNPROCESSABLE = 422;

    private final JsonMapper json;
    private final InjectionPolicy policy;

    AdmissionReviews(JsonMapper json, InjectionPolicy policy) {
        this.json = json;
        this.policy = policy;
    }

    /**
     * The review to send back: same version, same uid, response only.
     *
     * @throws InvalidReviewException if {@code review} is no AdmissionReview v1 with a request
     */
    public JsonNode answer(JsonNode review) {
        JsonNode request = requestOf(review);
        ObjectNode answer =
                json.createObjectNode().put("apiVersion", API_VERSION).put("kind", KIND);
        ObjectNode response = answer.putObject("response")
                .put("uid", request.path("uid").asString())
                .put("allowed", true);
        if (!isPodCreation(request)) {
            return answer;
        }
        Decision decision = policy.decide(PodFactsReader.read(request.path("object")));
        log(request, decision);
        write(decision, response);
        return answer;
    }

    private static JsonNode requestOf(JsonNode review) {
        if (!review.path("apiVersion").asString("").equals(API_VERSION)
                || !review.path("kind").asString("").equals(KIND)) {
            throw new InvalidReviewException("this is no " + KIND + " of " + API_VERSION);
        }
        JsonNode request = review.path("request");
        if (!request.path("uid").isString()) {
            throw new InvalidReviewException("the " + KIND + " has no request with a uid");
        }
        return request;
    }

    /** Containers cannot get devices after creation, and a subresource is never a new pod. */
    private static boolean isPodCreation(JsonNode request) {
        JsonNode kind = request.path("kind");
        return request.path("operation").asString("").equals("CREATE")
                && kind.path("group").asString("").isEmpty()
                && kind.path("kind").asString("").equals("Pod")
                && request.path("subResource").asString("").isEmpty()
                && request.path("object").isObject();
    }

    private void write(Decision decision, ObjectNode response) {
        response.put("allowed", decision.allowed());
        if (decision instanceof Decision.InvalidLabel invalid) {
            response.putObject("status")
                    .put("code", UNPROCESSABLE)
                    .put("reason", "Invalid")
                    .put("message", invalid.message());
        }
        if (!decision.patch().isEmpty()) {
            response.put("patchType", "JSONPatch").put("patch", json.writeValueAsBytes(operations(decision)));
        }
        if (!decision.warnings().isEmpty()) {
            ArrayNode warnings = response.putArray("warnings");
            decision.warnings().forEach(warnings::add);
        }
    }

    private ArrayNode operations(Decision decision) {
        ArrayNode operations = json.createArrayNode();
        for (PatchOperation operation : decision.patch()) {
            operations
                    .addObject()
                    .put("op", "add")
                    .put("path", operation.path())
                    .set("value", json.valueToTree(operation.value()));
        }
        return operations;
    }

    private static void log(JsonNode request, Decision decision) {
        (decision.allowed() ? LOG.atDebug() : LOG.atInfo())
                .addKeyValue("decision", decision.name())
                .addKeyValue("namespace", request.path("namespace").asString(""))
                .addKeyValue("pod", podName(request))
                .addKeyValue("uid", request.path("uid").asString())
                .log(decision.allowed() ? "pod admitted" : "pod refused");
    }

    private static String podName(JsonNode request) {
        @Nullable String name = request.path("name").asString(null);
        JsonNode metadata = request.path("object").path("metadata");
        return name != null && !name.isEmpty()
                ? name
                : metadata.path("name").asString(metadata.path("generateName").asString(""));
    }
}
