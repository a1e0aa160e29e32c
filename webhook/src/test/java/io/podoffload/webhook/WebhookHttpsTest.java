package io.podoffload.webhook;

import static io.podoffload.webhook.RunningWebhook.review;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLSession;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // set before the first test
class WebhookHttpsTest {

    private static final String OPTED_IN = "{\"pod-offload.io/enabled\":\"true\"}";

    @TempDir
    static Path folder;

    static RunningWebhook webhook;

    @BeforeAll
    static void start() throws Exception {
        Files.writeString(folder.resolve("policy.yaml"), policy("a/b"));
        webhook = new RunningWebhook(folder, "pod-offload.policy-file=" + folder.resolve("policy.yaml"));
    }

    @AfterAll
    static void stop() {
        webhook.close();
    }

    private static String policy(String network) {
        return "profiles: {default: {network: " + network + ", resource: example.com/vf}}";
    }

    @Test
    void aReviewIsAnsweredOverTls() throws Exception {
        HttpResponse<String> response = webhook.post("application/json", review(OPTED_IN));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(response.body()).contains("\"uid\":\"u-1\"").contains("\"patchType\":\"JSONPatch\"");
    }

    @Test
    void tlsIsThatOfTheNativeLibrary() {
        assertThat(io.netty.handler.ssl.OpenSsl.isAvailable()).isTrue();
    }

    @Test
    void aCharsetParameterOfTheMediaTypeIsAccepted() throws Exception {
        assertThat(webhook.post("application/json; charset=utf-8", review("{}")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aReviewLargerThanAnObjectOfTheApiServerIsAccepted() throws Exception {
        String padded = review("{\"x\":\"" + "y".repeat(6 << 20) + "\"}");

        assertThat(webhook.post("application/json", padded).statusCode()).isEqualTo(200);
    }

    @Test
    void badInputIsTheCallersFault() throws Exception {
        assertThat(webhook.post("application/json", "{").statusCode()).isEqualTo(400);
        assertThat(webhook.post("application/json", "").statusCode()).isEqualTo(400);
        assertThat(webhook.post("application/json", "{}").body())
                .isEqualTo("this is no AdmissionReview of admission.k8s.io/v1\n");
        assertThat(webhook.post("application/json", "[".repeat(100_000)).statusCode())
                .isEqualTo(400);
        assertThat(webhook.post("text/plain", review("{}")).statusCode()).isEqualTo(415);
        assertThat(webhook.post("nonsense", review("{}")).statusCode()).isEqualTo(415);
        assertThat(webhook.post("application/json", review("{\"x\":\"" + "y".repeat(30 << 20) + "\"}"))
                        .statusCode())
                .isEqualTo(413);
        HttpResponse<String> get = webhook.get(webhook.uri("/mutate"));
        assertThat(get.statusCode()).isEqualTo(405);
        assertThat(get.headers().firstValue("Allow")).hasValue("POST");
        assertThat(webhook.get(webhook.uri("/elsewhere")).statusCode()).isEqualTo(404);
    }

    @Test
    void anEncodedBodyIsRefusedBecauseNobodyWouldDecodeIt() throws Exception {
        HttpResponse<String> response = webhook.client(null)
                .send(
                        HttpRequest.newBuilder(webhook.uri("/mutate"))
                                .header("Content-Type", "application/json")
                                .header("Content-Encoding", "gzip")
                                .POST(HttpRequest.BodyPublishers.ofString("x"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(415);
    }

    @Test
    void theNamespaceEntryServesPodsWithoutTheLabel() throws Exception {
        HttpResponse<String> response = webhook.client(null)
                .send(
                        HttpRequest.newBuilder(webhook.uri("/mutate/namespace"))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(review("{}")))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(response.body()).contains("\"decision\":\"Inject\"");
    }

    @Test
    void decisionsAreCountedByKindNamespaceAndProfileAndTheWarmUpIsNot() throws Exception {
        webhook.post("application/json", review("{\"pod-offload.io/enabled\":\"false\"}"));

        assertThat(webhook.metrics())
                .contains(
                        "pod_offload_webhook_decisions_total{decision=\"OptedOut\",namespace=\"shop\",profile=\"\"} 1.0")
                .doesNotContain("namespace=\"default\"")
                .contains("pod_offload_webhook_duration_seconds_bucket")
                .contains("pod_offload_webhook_certificate_expiry_seconds 86");
    }

    @Test
    void aChangedPolicyIsTakenIntoUseAndATornOneIsNot() throws Exception {
        Path file = folder.resolve("policy.yaml");
        Files.writeString(file, "profiles: {default: {network: c");
        awaitMetric("pod_offload_webhook_reload_failures_total{of=\"policy\"} 1.0");
        assertThat(patchOf(OPTED_IN)).contains("a/b");

        Files.writeString(file, policy("c/d"));

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(patchOf(OPTED_IN)).contains("c/d"));
        awaitMetric("pod_offload_webhook_generation{of=\"policy\"} 2.0");
        Files.writeString(file, policy("a/b"));
        awaitMetric("pod_offload_webhook_generation{of=\"policy\"} 3.0");
    }

    @Test
    void aRenewedCertificateIsServedAndOneWithoutItsKeyIsNot() throws Exception {
        String old = Files.readString(folder.resolve("tls.crt"));
        String oldKey = Files.readString(folder.resolve("tls.key"));
        X509Certificate first = served();
        webhook.renewCertificate();
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> !served().equals(first));
        X509Certificate second = served();

        Files.writeString(folder.resolve("tls.crt"), old);
        awaitMetric("pod_offload_webhook_reload_failures_total{of=\"certificate\"} 1.0");

        assertThat(served()).isEqualTo(second);
        Files.writeString(folder.resolve("tls.key"), oldKey);
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> served().equals(first));
    }

    private static X509Certificate served() throws Exception {
        HttpResponse<String> response = webhook.post(webhook.client(null), "application/json", review("{}"));
        SSLSession session = response.sslSession().orElseThrow();
        return (X509Certificate) session.getPeerCertificates()[0];
    }

    private static String patchOf(String labels) throws Exception {
        String body = webhook.post("application/json", review(labels)).body();
        String patch = body.replaceFirst(".*\"patch\":\"([^\"]*)\".*", "$1");
        return new String(java.util.Base64.getDecoder().decode(patch), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static void awaitMetric(String line) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(webhook.metrics()).contains(line));
    }
}
