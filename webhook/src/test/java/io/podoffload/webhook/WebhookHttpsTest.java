package io.podoffload.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.certs.CertificateAuthority;
import io.podoffload.certs.ServiceName;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Clock;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The real server over real TLS, as the API server calls it. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@ActiveProfiles("standalone")
@SuppressWarnings("NullAway.Init") // set before the first test
class WebhookHttpsTest {

    @TempDir
    static Path folder;

    static HttpClient client;

    @LocalServerPort
    int port;

    @DynamicPropertySource
    static void certificate(DynamicPropertyRegistry registry) {
        registry.add(
                "pod-offload.tls.certificate", () -> folder.resolve("tls.crt").toString());
        registry.add(
                "pod-offload.tls.private-key", () -> folder.resolve("tls.key").toString());
    }

    @BeforeAll
    static void issueACertificateAndTrustItsAuthority() throws Exception {
        CertificateAuthority authority = CertificateAuthority.create("CA", Duration.ofDays(1), Clock.systemUTC());
        authority.pem().writeTo(folder.resolve("ca.crt"), folder.resolve("ca.key"));
        authority
                .issueFor(new ServiceName("localhost", "net"), Duration.ofDays(1))
                .writeTo(folder.resolve("tls.crt"), folder.resolve("tls.key"));
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (var pem = Files.newInputStream(folder.resolve("ca.crt"))) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(tls)
                .sslParameters(new SSLParameters())
                .build();
    }

    @BeforeEach
    void awaitReady() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> post("application/json", review("{}")).statusCode() == 200);
    }

    @Test
    void aReviewIsAnsweredOverTls() throws Exception {
        HttpResponse<String> response = post("application/json", review("{\"pod-offload.io/enabled\":\"true\"}"));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(response.body()).contains("\"uid\":\"u-1\"").contains("\"patchType\":\"JSONPatch\"");
    }

    @Test
    void aCharsetParameterOfTheMediaTypeIsAccepted() throws Exception {
        assertThat(post("application/json; charset=utf-8", review("{}")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aReviewLargerThanAnObjectOfTheApiServerIsAccepted() throws Exception {
        String padded = review("{\"x\":\"" + "y".repeat(3 << 20) + "\"}");

        assertThat(post("application/json", padded).statusCode()).isEqualTo(200);
    }

    @Test
    void badInputIsTheCallersFault() throws Exception {
        assertThat(post("application/json", "{").statusCode()).isEqualTo(400);
        assertThat(post("application/json", "").statusCode()).isEqualTo(400);
        assertThat(post("application/json", "{}").statusCode()).isEqualTo(400);
        assertThat(post("application/json", "[".repeat(100_000)).statusCode()).isEqualTo(400);
        assertThat(post("text/plain", review("{}")).statusCode()).isEqualTo(415);
        assertThat(post("nonsense", review("{}")).statusCode()).isEqualTo(415);
        assertThat(post("application/json", review("{\"x\":\"" + "y".repeat(8 << 20) + "\"}"))
                        .statusCode())
                .isEqualTo(413);
        assertThat(client.send(
                                HttpRequest.newBuilder(uri("/mutate")).GET().build(),
                                HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(405);
        assertThat(client.send(
                                HttpRequest.newBuilder(uri("/elsewhere")).GET().build(),
                                HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(404);
    }

    private HttpResponse<String> post(String contentType, String body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(uri("/mutate?timeout=5s"))
                        .header("Content-Type", contentType)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("https://localhost:" + port + path);
    }

    private static String review(String labels) {
        return """
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",
                 "request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE",
                  "object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":%s},
                            "spec":{"containers":[{"name":"c","resources":{}}]}}}}""".formatted(labels);
    }
}
