package io.podoffload.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podoffload.webhook.injection.InjectionPolicy;
import io.podoffload.webhook.injection.Profile;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class AdmissionReviewsTest {

    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    private final JsonMapper json = JsonMapper.shared();
    private final AdmissionReviews reviews =
            new AdmissionReviews(json, new InjectionPolicy(new Profile("default/default", RESOURCE)));

    @Test
    void theSeedsPodWithOnlyTheLabelGetsTheLiteralPatch() throws Exception {
        JsonNode response = answer(review(json.readTree("""
                {"apiVersion":"v1","kind":"Pod",
                 "metadata":{"name":"nginx","labels":{"pod-offload.io/enabled":"true"}},
                 "spec":{"containers":[{"name":"nginx","image":"nginx:alpine","resources":{}}]}}""")));

        assertThat(response.path("uid").asString()).isEqualTo("u-1");
        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.path("patchType").asString()).isEqualTo("JSONPatch");
        assertThat(patch(response)).isEqualTo(json.readTree("""
                [{"op":"add","path":"/metadata/annotations",
                  "value":{"v1.multus-cni.io/default-network":"default/default"}},
                 {"op":"add","path":"/spec/containers/0/resources/limits",
                  "value":{"mellanox.com/cx5_sriov_switchdev":"1"}},
                 {"op":"add","path":"/spec/containers/0/resources/requests",
                  "value":{"mellanox.com/cx5_sriov_switchdev":"1"}}]"""));
    }

    @Test
    void aPodThatIsNotOursIsAllowedWithoutAPatch() throws Exception {
        JsonNode response = answer(review(json.readTree("{\"kind\":\"Pod\",\"spec\":{\"containers\":[{}]}}")));

        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.has("patch")).isFalse();
        assertThat(response.has("patchType")).isFalse();
    }

    @Test
    void aRefusalCarriesCodeAndMessage() throws Exception {
        JsonNode response = answer(review(json.readTree(
                "{\"metadata\":{\"labels\":{\"pod-offload.io/enabled\":\"maybe\"}},\"spec\":{\"containers\":[{}]}}")));

        assertThat(response.path("allowed").asBoolean()).isFalse();
        assertThat(response.path("status").path("code").asInt()).isEqualTo(422);
        assertThat(response.path("status").path("message").asString()).contains("maybe");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"operation\":\"UPDATE\"}",
                "{\"operation\":\"DELETE\",\"object\":null}",
                "{\"subResource\":\"ephemeralcontainers\"}",
                "{\"kind\":{\"group\":\"apps\",\"version\":\"v1\",\"kind\":\"Deployment\"}}",
                "{\"kind\":null}",
                "{\"object\":null}",
                "{\"object\":[]}"
            })
    void whatIsNoPodCreationIsAllowedAndNotTouched(String difference) throws Exception {
        ObjectNode review = review(json.readTree("{\"metadata\":{\"labels\":{\"pod-offload.io/enabled\":\"true\"}},"
                + "\"spec\":{\"containers\":[{}]}}"));
        json.readTree(difference)
                .properties()
                .forEach(entry -> ((ObjectNode) review.path("request")).set(entry.getKey(), entry.getValue()));

        JsonNode response = answer(review);

        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.has("patch")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "7",
                "{\"apiVersion\":\"admission.k8s.io/v1beta1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\"}}",
                "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\"}",
                "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":null}",
                "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{}}"
            })
    void whatIsNoReviewIsABadRequest(String body) {
        assertThatThrownBy(() -> reviews.answer(json.readTree(body)))
                .isInstanceOfSatisfying(
                        InvalidReviewException.class,
                        failure -> assertThat(failure.getStatusCode().value()).isEqualTo(400));
    }

    @Test
    void onAnyPodThePatchAppliesTheResultIsCompleteAndTheSecondRoundPatchesNothing() throws Exception {
        long seed = new Random().nextLong();
        RandomPods pods = new RandomPods(seed);
        int patched = 0;
        for (int round = 0; round < 5_000; round++) {
            ObjectNode pod = pods.next();
            String world = "seed " + seed + ", round " + round + ": " + pod;
            JsonNode response = answer(review(pod));
            if (response.has("patch")) {
                patched++;
                JsonNode after = AppliedPatch.to(pod, patch(response), world);
                assertThat(after.path("metadata")
                                .path("annotations")
                                .path("v1.multus-cni.io/default-network")
                                .asString())
                        .as(world)
                        .isEqualTo("default/default");
                assertThat(requestedTwiceOrUnequal(after)).as(world).isFalse();
                assertThat(answer(review(after)).has("patch")).as(world).isFalse();
            }
        }
        assertThat(patched).as("seed %s made pods that need a patch", seed).isGreaterThan(1_000);
    }

    /** Limit and request of an extended resource must be equal (API validation), and one VF is enough. */
    private static boolean requestedTwiceOrUnequal(JsonNode pod) {
        int holders = 0;
        for (JsonNode container : pod.path("spec").path("containers")) {
            JsonNode resources = container.path("resources");
            String limit = resources.path("limits").path(RESOURCE).asString("");
            String request = resources.path("requests").path(RESOURCE).asString("");
            if (!limit.equals(request) && holders == 0 && !limit.isEmpty() && !request.isEmpty()) {
                return true;
            }
            holders += limit.isEmpty() ? 0 : 1;
        }
        return holders == 0
                && !pod.path("spec").path("initContainers").toString().contains(RESOURCE);
    }

    private JsonNode answer(JsonNode review) {
        JsonNode answer = reviews.answer(review);
        assertThat(answer.path("apiVersion").asString()).isEqualTo("admission.k8s.io/v1");
        assertThat(answer.path("kind").asString()).isEqualTo("AdmissionReview");
        assertThat(answer.has("request")).as("the request is not echoed").isFalse();
        return answer.path("response");
    }

    private ObjectNode review(JsonNode pod) throws Exception {
        ObjectNode review = (ObjectNode) json.readTree("""
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",
                 "request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":"Pod"},
                            "resource":{"group":"","version":"v1","resource":"pods"},
                            "namespace":"default","operation":"CREATE"}}""");
        ((ObjectNode) review.path("request")).set("object", pod);
        return review;
    }

    private JsonNode patch(JsonNode response) throws Exception {
        return json.readTree(response.path("patch").binaryValue());
    }
}
