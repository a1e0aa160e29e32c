package io.podoffload.binder.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.offload.OffloadVerdict;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@EnableKubernetesMockClient(https = false)
@SuppressWarnings("NullAway.Init") // set before each test
class BindingReporterTest {

    private static final PodRef POD = new PodRef("web", "nginx", "uid-1");
    private static final PciAddress VF = new PciAddress("0000:03:00.2");
    private static final String STATUS =
            "/api/v1/namespaces/web/pods/nginx/status?fieldManager=pod-offload-binder&force=true";
    private static final String EVENTS = "/api/v1/namespaces/web/events";

    KubernetesMockServer server;
    KubernetesClient client;

    private KubernetesClient own;
    private PodStatus status;
    private BindingReporter reporter;
    private OffloadReporter offload;

    @BeforeEach
    void makeReporters() {
        own = new KubernetesClientBuilder()
                .withConfig(client.getConfiguration())
                .withKubernetesSerialization(ApiClient.kinds())
                .build();
        ApiServer api = new ApiServer();
        status = new PodStatus(
                own,
                api,
                new NodePods(own, api, "node", Set.of(), pod -> {}, pod -> {}),
                "node",
                Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
        reporter = new BindingReporter(status);
        offload = new OffloadReporter(status);
        server.expect()
                .patch()
                .withPath(STATUS)
                .andReturn(200, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"nginx\"}}")
                .always();
    }

    @AfterEach
    void close() {
        status.close();
        own.close();
    }

    private void letEventsBeWritten() {
        server.expect()
                .post()
                .withPath(EVENTS)
                .andReturn(201, "{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"e\"}}")
                .always();
    }

    private boolean report(Reason reason) {
        return reporter.report(POD, List.of(VF), VF, reason, "");
    }

    private List<String> conditions(JsonNode pod) {
        return pod.at("/status/conditions")
                .valueStream()
                .map(condition -> condition.path("type").asString() + " "
                        + condition.path("reason").asString())
                .toList();
    }

    private JsonNode next() throws InterruptedException {
        RecordedRequest request = server.takeRequest();
        return JsonMapper.shared().readTree(request.getUtf8Body());
    }

    private void awaitRequests(int count) {
        Awaitility.await()
                .during(Duration.ofMillis(200))
                .untilAsserted(() -> assertThat(server.getRequestCount()).isEqualTo(count));
    }

    @Test
    void whereThePacketsRunIsFirstToldWithTheBinding() throws Exception {
        letEventsBeWritten();

        assertThat(report(Reason.Bound)).isTrue();
        offload.report(POD, OffloadVerdict.NoTraffic, () -> "");

        awaitRequests(2); // a patch and an Event
        assertThat(conditions(next()))
                .containsExactly("pod-offload.io/bound Bound", "pod-offload.io/offloaded NoTraffic");
    }

    @Test
    void eachRequestCarriesBothConditions() throws Exception {
        letEventsBeWritten();
        report(Reason.Bound);
        awaitRequests(2);
        offload.report(POD, OffloadVerdict.Offloaded, () -> "");
        next();
        next();

        assertThat(conditions(next()))
                .as("what a field manager does not apply again, it loses")
                .containsExactly("pod-offload.io/bound Bound", "pod-offload.io/offloaded Offloaded");
    }

    @Test
    void aPodThatIsNotBoundSendsNothingThatCouldBeSeen() throws Exception {
        letEventsBeWritten();

        report(Reason.WrongMac);

        assertThat(conditions(next())).containsExactly("pod-offload.io/bound WrongMac");
    }

    @Test
    void aFirstWaitIsNotToldAtOnce() {
        assertThat(report(Reason.WaitingForOvn))
                .as("it is to be looked at again")
                .isFalse();
        awaitRequests(0);
    }

    /** By a quota, or in a Namespace that goes. */
    @Test
    void anEventThatIsRefusedIsNotTriedAgain() {
        server.expect().post().withPath(EVENTS).andReturn(403, "{}").always();

        assertThat(report(Reason.Bound)).isTrue();
        assertThat(report(Reason.Bound)).isTrue();

        awaitRequests(2); // a patch and an Event
    }
}
