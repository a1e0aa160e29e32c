package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.certs.CertificateAuthority;
import io.podoffload.certs.ServiceName;
import io.podoffload.sim.JavaProgram;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/** Certificates, policies and replicas come and go under load, and no request is lost. */
@SuppressWarnings("NullAway.Init") // set before each test
class WebhookLifeIT {

    private static final String MANAGEMENT = "http://localhost:9080/actuator/";
    private static final int PER_SECOND = 2_000;
    private static final byte[] REVIEW = """
            {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",
             "request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE","namespace":"shop",
              "object":{"metadata":{"labels":{"pod-offload.io/enabled":"true"}},
                        "spec":{"containers":[{"name":"c","resources":{}}]}}}}""".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private CertificateAuthority authority;
    private int versions;
    private JavaProgram webhook;
    private volatile HttpClient client;

    @BeforeEach
    void start() throws Exception {
        authority = CertificateAuthority.create("CA", Duration.ofDays(1), Clock.systemUTC());
        mount("tls", this::writeCertificate);
        mount("policy", version -> writePolicy(version, 0));
        webhook = new JavaProgram(
                        Path.of(System.getProperty("project.root"))
                                .toAbsolutePath()
                                .normalize()
                                .resolve("webhook/target/webhook.jar"),
                        Path.of(System.getProperty("project.root")).resolve("target/e2e-logs/webhook-life.log"),
                        "ready on port",
                        Map.of(),
                        List.of(
                                "--spring.profiles.active=standalone",
                                "--server.port=9443",
                                "--management.server.port=9080",
                                "--pod-offload.drain=10s",
                                "--pod-offload.policy-file=" + folder.resolve("policy/policy.yaml"),
                                "--pod-offload.tls.certificate=" + folder.resolve("tls/tls.crt"),
                                "--pod-offload.tls.private-key=" + folder.resolve("tls/tls.key")))
                .awaitStarted();
        client = newClient();
    }

    @AfterEach
    void stop() {
        webhook.close();
    }

    private interface Writer {
        void writeTo(Path version) throws Exception;
    }

    private void writeCertificate(Path version) throws Exception {
        authority
                .issueFor(new ServiceName("localhost", "net"), Duration.ofDays(1))
                .writeTo(version.resolve("tls.crt"), version.resolve("tls.key"));
    }

    private static void writePolicy(Path version, int number) throws Exception {
        Files.writeString(
                version.resolve("policy.yaml"),
                "profiles: {default: {network: default/n" + number + ", resource: example.com/vf}}");
    }

    /** As the kubelet does: a new folder, and one link swapped. */
    private void mount(String volume, Writer writer) throws Exception {
        Path mount = Files.createDirectories(folder.resolve(volume));
        Path version = Files.createDirectory(mount.resolve("..version" + ++versions));
        writer.writeTo(version);
        Path next = Files.createSymbolicLink(mount.resolve("..data_tmp"), version.getFileName());
        Files.move(next, mount.resolve("..data"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (var files = Files.list(version)) {
            for (Path file : files.toList()) {
                Path link = mount.resolve(file.getFileName());
                if (!Files.exists(link)) {
                    Files.createSymbolicLink(link, Path.of("..data").resolve(file.getFileName()));
                }
            }
        }
    }

    /** With connections of its own: as many as an API server keeps. */
    private HttpClient newClient() throws Exception {
        Path ca = folder.resolve("ca.crt");
        Files.writeString(ca, authority.pem().certificate());
        Http11SslContextSpec tls =
                Http11SslContextSpec.forClient().configure(builder -> builder.trustManager(ca.toFile()));
        return HttpClient.create(ConnectionProvider.builder("api-server")
                        .maxConnections(25)
                        .pendingAcquireMaxCount(-1)
                        .build())
                .host("localhost")
                .port(9443)
                .secure(spec -> spec.sslContext(tls));
    }

    private static HttpResponse<String> management(String path) throws Exception {
        return java.net.http.HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(MANAGEMENT + path)).build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private static void awaitMetric(String line) {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(management("prometheus").body()).contains(line));
    }

    @Test
    void tenCertificatesAndFivePoliciesUnderLoadLoseNoRequest() throws Exception {
        try (ApiServerLoad load = new ApiServerLoad(REVIEW, PER_SECOND, () -> client)) {
            for (int round = 1; round <= 10; round++) {
                mount("tls", this::writeCertificate);
                awaitMetric("pod_offload_webhook_generation{of=\"certificate\"} " + (round + 1) + ".0");
                client = newClient(); // shakes hands with the new one, while requests on the old connections go on
                if (round % 2 == 0) {
                    int number = round;
                    mount("policy", version -> writePolicy(version, number));
                    awaitMetric("pod_offload_webhook_generation{of=\"policy\"} " + (round / 2 + 1) + ".0");
                }
            }
            long sent = load.sent();

            assertThat(load.finish()).as("of %s requests", sent).containsOnlyKeys("200 patched");
            assertThat(sent).as("it is a load").isGreaterThan(PER_SECOND / 4);
        }
    }

    @Test
    void aReplicaThatIsStoppedUnderLoadSendsItsCallersElsewhere() throws Exception {
        try (ApiServerLoad load = new ApiServerLoad(REVIEW, PER_SECOND, () -> client)) {
            Awaitility.await().until(() -> load.count("200 patched") > PER_SECOND / 2);
            assertThat(management("health/readiness").statusCode()).isEqualTo(200);

            webhook.terminate();
            Awaitility.await().until(() -> load.count("503 retry after 1") > 0);
            Map<String, Integer> outcomes = load.finish();

            assertThat(outcomes).containsOnlyKeys("200 patched", "503 retry after 1");
            assertThat(outcomes.get("200 patched")).isGreaterThan(PER_SECOND / 2);
        }
    }
}
