package io.podoffload.webhook;

import io.podoffload.certs.CertificateAuthority;
import io.podoffload.certs.PemKeyPair;
import io.podoffload.certs.ServiceName;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStore;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.context.ConfigurableApplicationContext;

/** The real server over real TLS, without a cluster, as the API server calls it. */
public final class RunningWebhook implements AutoCloseable {

    private final Path folder;
    private final CertificateAuthority authority;
    private final ConfigurableApplicationContext context;
    private final HttpClient client;

    /** Starts it with a certificate in {@code folder}, and returns when it is ready. */
    public RunningWebhook(Path folder, String... properties) throws Exception {
        this.folder = folder;
        authority = CertificateAuthority.create("CA", Duration.ofDays(1), Clock.systemUTC());
        authority.pem().writeTo(folder.resolve("ca.crt"), folder.resolve("ca.key"));
        renewCertificate();
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--management.server.port=0",
                "--pod-offload.tls.certificate=" + folder.resolve("tls.crt"),
                "--pod-offload.tls.private-key=" + folder.resolve("tls.key")));
        for (String property : properties) {
            arguments.add("--" + property);
        }
        context = new SpringApplicationBuilder(WebhookApplication.class)
                .profiles("standalone")
                .run(arguments.toArray(String[]::new));
        client = client(null);
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> get(managementUri("/actuator/health/readiness")).statusCode() == 200);
    }

    public void renewCertificate() throws Exception {
        authority
                .issueFor(new ServiceName("localhost", "net"), Duration.ofDays(1))
                .writeTo(folder.resolve("tls.crt"), folder.resolve("tls.key"));
    }

    /** A client that trusts the server, with a certificate of its own where {@code identity} is given. */
    public HttpClient client(@Nullable PemKeyPair identity) throws Exception {
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys(identity), trust().getTrustManagers(), null);
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(tls)
                .build();
    }

    private TrustManagerFactory trust() throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        byte[] pem = Files.readAllBytes(folder.resolve("ca.crt"));
        trusted.setCertificateEntry(
                "ca", CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem)));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory;
    }

    private static KeyManager @Nullable [] keys(@Nullable PemKeyPair identity) throws GeneralSecurityException {
        if (identity == null) {
            return null;
        }
        PemSslStore store = PemSslStore.load(
                PemSslStoreDetails.forCertificates(identity.certificate()).withPrivateKey(identity.privateKey()));
        return SslBundle.of(new PemSslStoreBundle(store, null)).getManagers().getKeyManagers();
    }

    public HttpResponse<String> post(String contentType, String body) throws Exception {
        return post(client, contentType, body);
    }

    public HttpResponse<String> post(HttpClient sender, String contentType, String body) throws Exception {
        return sender.send(
                HttpRequest.newBuilder(uri("/mutate?timeout=5s"))
                        .header("Content-Type", contentType)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    public HttpResponse<String> get(URI uri) throws Exception {
        return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** What the kubelet's liveness probe sees. */
    public HttpResponse<String> liveness() throws Exception {
        return get(managementUri("/actuator/health/liveness"));
    }

    /** The metrics as Prometheus reads them. */
    public String metrics() throws Exception {
        return get(managementUri("/actuator/prometheus")).body();
    }

    public URI uri(String path) {
        return URI.create("https://localhost:" + port() + path);
    }

    public int port() {
        return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    }

    private URI managementUri(String path) {
        return URI.create("http://localhost:"
                + context.getEnvironment().getRequiredProperty("local.management.port", Integer.class) + path);
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    @Override
    public void close() {
        context.close();
    }

    /** A review of the creation of a pod with these labels, JSON. */
    public static String review(String labels) {
        return """
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",
                 "request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE",
                  "namespace":"shop",
                  "object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":%s},
                            "spec":{"containers":[{"name":"c","resources":{}}]}}}}""".formatted(labels);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
