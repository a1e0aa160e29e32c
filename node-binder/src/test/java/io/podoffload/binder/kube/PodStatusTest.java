package io.podoffload.binder.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.kube.PodStatus.Notice;
import io.podoffload.binder.kube.PodStatus.Statement;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against an API server that is silent, refuses, or is there again. */
@SuppressWarnings("NullAway.Init") // set before each test
class PodStatusTest {

    private static final PodRef POD = new PodRef("web", "nginx", "uid-1");

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final CountDownLatch speaks = new CountDownLatch(1);
    private volatile int answer = 200;
    private volatile String body = "{\"metadata\":{\"name\":\"one\"}}";
    private volatile boolean silent;
    private HttpServer server;
    private KubernetesClient client;
    private PodStatus status;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", this::serve);
        server.start();
        client = new KubernetesClientBuilder()
                .withConfig(new io.fabric8.kubernetes.client.ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .withKubernetesSerialization(ApiClient.kinds())
                .build();
        ApiServer api = new ApiServer();
        status = new PodStatus(
                client,
                api,
                new NodePods(client, api, "node", Set.of(), pod -> {}, pod -> {}),
                "node",
                Clock.systemUTC());
    }

    @AfterEach
    void stop() {
        speaks.countDown();
        status.close();
        client.close();
        server.stop(0);
    }

    private void serve(HttpExchange exchange) throws IOException {
        String text = exchange.getRequestMethod() + " "
                + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        requests.add(text);
        try {
            if (silent) {
                speaks.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(answer, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private void say(String reason) {
        status.say(
                POD,
                List.of(new Statement(BindingReporter.CONDITION, "True", reason, "")),
                Optional.of(new Notice(true, reason, "")));
    }

    private List<String> patches() {
        return requests.stream().filter(text -> text.startsWith("PATCH")).toList();
    }

    private List<String> notices() {
        return requests.stream().filter(text -> text.startsWith("POST")).toList();
    }

    /** Workers bind VFs meanwhile. */
    @Test
    @Timeout(60)
    void nobodyWaitsForAnApiServerThatIsSilent() {
        silent = true;

        say("Bound");
        Awaitility.await().untilAsserted(() -> assertThat(patches()).hasSize(1));
        say("WrongMac");
        say("Adopted");

        assertThat(status.shown(POD, BindingReporter.CONDITION).orElseThrow().getReason())
                .isEqualTo("Adopted");
        silent = false;
        speaks.countDown();
        Awaitility.await()
                .untilAsserted(() -> assertThat(patches())
                        .hasSize(2)
                        .last()
                        .asString()
                        .contains("Adopted")
                        .doesNotContain("WrongMac"));
    }

    @Test
    void theLastWordIsSentAgainUntilItIsTaken() {
        answer = 503;
        say("Bound");
        Awaitility.await().untilAsserted(() -> assertThat(patches()).hasSize(1));

        say("Adopted");
        answer = 200;

        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(notices()).singleElement().asString().contains("Adopted"));
        assertThat(patches()).last().asString().contains("Adopted");
    }

    @Test
    void eachEventOfARequestThatFailedIsSentWithTheNext() {
        answer = 503;
        status.say(
                POD,
                List.of(new Statement(BindingReporter.CONDITION, "True", "Bound", "")),
                Optional.of(new Notice(true, "Bound", "")));
        status.say(
                POD,
                List.of(new Statement(OffloadReporter.CONDITION, "True", "Offloaded", "")),
                Optional.of(new Notice(true, "Offloaded", "")));
        Awaitility.await().untilAsserted(() -> assertThat(patches()).hasSizeGreaterThanOrEqualTo(2));
        answer = 200;

        Awaitility.await().untilAsserted(() -> assertThat(notices()).hasSize(2));
        assertThat(String.join("", notices())).contains("\"Bound\"", "\"Offloaded\"");
    }

    /** Another writer of the status was faster; the pod is as it was. */
    @Test
    void aConflictIsNoSignThatThePodIsGone() {
        answer = 409;
        body =
                "{\"kind\":\"Status\",\"code\":409,\"message\":\"the object has been modified; please apply your changes\"}";
        say("Bound");
        Awaitility.await().untilAsserted(() -> assertThat(patches()).hasSize(1));
        answer = 200;
        body = "{}";

        Awaitility.await().untilAsserted(() -> assertThat(patches()).hasSizeGreaterThan(1));
    }

    /** As kube-apiserver 1.36 answers. */
    @Test
    void ofAPodThatIsGoneNothingIsSentAgain() {
        answer = 422;
        body =
                "{\"kind\":\"Status\",\"code\":422,\"message\":\"Pod \\\"nginx\\\" is invalid: metadata.uid: Invalid value:"
                        + " \\\"uid-1\\\": field is immutable\"}";

        say("Bound");

        Awaitility.await()
                .during(java.time.Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(requests).hasSize(1));
        assertThat(status.shown(POD, BindingReporter.CONDITION)).isEmpty();
    }
}
