package io.podoffload.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podoffload.webhook.injection.Conflict;
import io.podoffload.webhook.injection.Decision;
import io.podoffload.webhook.injection.Entry;
import io.podoffload.webhook.injection.KnownCluster;
import io.podoffload.webhook.injection.PodFacts;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** From the bytes of a review to the bytes of its answer. */
class AdmissionTest {

    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    private final JsonMapper json = JsonMapper.shared();

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
                  "value":{"mellanox.com/cx5_sriov_switchdev":"1"}},
                 {"op":"add","path":"/spec/readinessGates",
                  "value":[{"conditionType":"pod-offload.io/bound"}]}]"""));
        assertThat(response.path("auditAnnotations")).isEqualTo(json.readTree("""
                {"decision":"Inject","profile":"default","vfs":"1"}"""));
        assertThat(response.has("warnings")).isFalse();
    }

    @Test
    void aPodThatIsNotOursIsAllowedWithoutAPatch() throws Exception {
        JsonNode response = answer(review(json.readTree("{\"kind\":\"Pod\",\"spec\":{\"containers\":[{}]}}")));

        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.has("patch")).isFalse();
        assertThat(response.has("patchType")).isFalse();
        assertThat(response.path("auditAnnotations").path("decision").asString())
                .isEqualTo("NotOptedIn");
    }

    @Test
    void aRefusalCarriesCodeAndMessage() throws Exception {
        JsonNode response = answer(review(json.readTree(
                "{\"metadata\":{\"labels\":{\"pod-offload.io/enabled\":\"maybe\"}},\"spec\":{\"containers\":[{}]}}")));

        assertThat(response.path("allowed").asBoolean()).isFalse();
        assertThat(response.path("status").path("code").asInt()).isEqualTo(422);
        assertThat(response.path("status").path("message").asString()).contains("maybe");
    }

    @Test
    void noticesAreWarningsAndInTheAudit() throws Exception {
        JsonNode response = answer(review(json.readTree("""
                {"metadata":{"labels":{"pod-offload.io/enabled":"true"},
                             "annotations":{"k8s.v1.cni.cncf.io/networks":"[{\\"name\\":\\"fast\\"},{\\"name\\":\\"gone\\"}]"}},
                 "spec":{"containers":[{"name":"c"}]}}""")));

        assertThat(response.path("warnings").size()).isEqualTo(2);
        assertThat(response.path("auditAnnotations")).isEqualTo(json.readTree("""
                {"decision":"Inject","profile":"default","vfs":"2","notices":"UnknownNetwork,SharedDevice"}"""));
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
        assertThat(response.path("auditAnnotations").path("decision").asString())
                .isEqualTo("NotAPodCreation");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{}",
                "[]",
                "7",
                "{\"apiVersion\":\"admission.k8s.io/v1beta1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\"}}",
                "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\"}} {}"
            })
    void whatIsNoReviewIsInvalid(String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> ReviewReader.read(bytes, bytes.length)).isInstanceOf(InvalidReviewException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ",\"request\":null", ",\"request\":{}", ",\"request\":[]", ",\"request\":{\"uid\":null}"})
    void aReviewThatAsksNothingIsAllowed(String request) throws Exception {
        JsonNode response = answer(
                json.readTree("{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\"" + request + "}"));

        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.path("uid").asString("none")).isEmpty();
        assertThat(response.path("auditAnnotations").path("decision").asString())
                .isEqualTo("NotAPodCreation");
    }

    @Test
    void nestingIsBounded() {
        byte[] deep = ("{\"x\":" + "[".repeat(100_000)).getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> ReviewReader.read(deep, deep.length)).hasMessageContaining("nested deeper than 200");
    }

    @Test
    void fieldsMayComeInAnyOrderAndUnknownOnesAreSkipped() throws Exception {
        Review review = read("""
                {"new":{"a":[{"b":1}]},"request":{"object":{"spec":{"new":[[]],"containers":[{"resources":{"limits":{"a":1}},
                "name":"c"}]},"metadata":{"generateName":"web-","ownerReferences":[{"controller":false,"name":"no"},
                {"name":"web","kind":"ReplicaSet","apiVersion":"apps/v1","uid":"o-1","controller":true,"new":{}}]}},
                "dryRun":true,"namespace":"shop","operation":"CREATE","kind":{"kind":"Pod","group":""},"uid":"u-2"},
                "kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}""");

        assertThat(review.podName()).isEqualTo("web-");
        assertThat(review.namespace()).isEqualTo("shop");
        assertThat(review.dryRun()).isTrue();
        assertThat(review.owner()).hasToString("Owner[apiVersion=apps/v1, kind=ReplicaSet, name=web, uid=o-1]");
        PodFacts pod = java.util.Objects.requireNonNull(review.pod());
        assertThat(pod.containers())
                .singleElement()
                .satisfies(container -> assertThat(container.name()).isEqualTo("c"));
    }

    @Test
    void textThatUtf8CannotCarryDoesNotBreakTheAnswer() throws Exception {
        String labels = "{\"pod-offload.io/enabled\":\"\\ud800\"}";

        JsonNode response = answer((ObjectNode) json.readTree("""
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":"CREATE",
                 "kind":{"kind":"Pod"},"object":{"metadata":{"labels":%s},"spec":{}}}}""".formatted(labels)));

        assertThat(response.path("status").path("code").asInt()).isEqualTo(422);
    }

    @Test
    void onAnyPodThePatchAppliesTheResultKeepsThePodRulesAndTheSecondRoundPatchesNothing() throws Exception {
        long seed = new Random().nextLong();
        RandomPods pods = new RandomPods(seed);
        Random entries = new Random(seed);
        int patched = 0;
        for (int round = 0; round < 20_000; round++) {
            ObjectNode pod = pods.next();
            Entry entry = entries.nextBoolean() ? Entry.LABEL : Entry.NAMESPACE;
            String world = "seed " + seed + ", round " + round + ", " + entry + ": " + pod;
            JsonNode response = answer(review(pod), entry);
            if (response.has("patch")) {
                patched++;
                JsonNode after = AppliedPatch.to(pod, patch(response), world);
                boolean bluefield = response.path("auditAnnotations")
                        .path("profile")
                        .asString()
                        .equals("bluefield");
                assertThat(PodRules.broken(pod, after, bluefield ? "nvidia.com/bf3" : RESOURCE))
                        .as(world)
                        .isEmpty();
                assertThat(answer(review(after), entry).has("patch")).as(world).isFalse();
            }
        }
        assertThat(patched).as("seed %s made pods that need a patch", seed).isGreaterThan(5_000);
    }

    private JsonNode answer(JsonNode review) throws Exception {
        return answer(review, Entry.LABEL);
    }

    private JsonNode answer(JsonNode review, Entry entry) throws Exception {
        Review read = read(review.toString());
        PodFacts pod = read.pod();
        Decision decision = pod == null
                ? new Decision.NotAPodCreation()
                : KnownCluster.policy(Conflict.WARN).decide(pod, entry, "shop", KnownCluster.usual());
        JsonNode answer = json.readTree(ReviewWriter.write(read.uid(), decision));
        assertThat(answer.path("apiVersion").asString()).isEqualTo("admission.k8s.io/v1");
        assertThat(answer.path("kind").asString()).isEqualTo("AdmissionReview");
        assertThat(answer.has("request")).as("the request is not echoed").isFalse();
        return answer.path("response");
    }

    private static Review read(String review) throws InvalidReviewException {
        byte[] bytes = review.getBytes(StandardCharsets.UTF_8);
        return ReviewReader.read(bytes, bytes.length);
    }

    private ObjectNode review(JsonNode pod) throws Exception {
        ObjectNode review = (ObjectNode) json.readTree("""
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",
                 "request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":"Pod"},
                            "resource":{"group":"","version":"v1","resource":"pods"},
                            "namespace":"shop","operation":"CREATE"}}""");
        ((ObjectNode) review.path("request")).set("object", pod);
        return review;
    }

    private JsonNode patch(JsonNode response) throws Exception {
        return json.readTree(response.path("patch").binaryValue());
    }
}
