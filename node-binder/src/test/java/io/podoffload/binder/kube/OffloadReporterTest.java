package io.podoffload.binder.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.offload.OffloadVerdict;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(https = false)
@SuppressWarnings("NullAway.Init") // set before each test
class OffloadReporterTest {

    private static final PodRef POD = new PodRef("web", "nginx", "uid-1");
    private static final String STATUS =
            "/api/v1/namespaces/web/pods/nginx/status?fieldManager=pod-offload-binder&force=true";

    KubernetesMockServer server;
    KubernetesClient client;

    @Test
    void theNodeIsAskedForCausesOnlyWhereThereIsSomethingNewToTell() {
        server.expect()
                .patch()
                .withPath(STATUS)
                .andReturn(200, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"nginx\"}}")
                .always();
        server.expect()
                .post()
                .withPath("/api/v1/namespaces/web/events")
                .andReturn(201, "{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"e\"}}")
                .always();
        AtomicInteger asked = new AtomicInteger();
        try (KubernetesClient own = new KubernetesClientBuilder()
                .withConfig(client.getConfiguration())
                .withKubernetesSerialization(ApiClient.kinds())
                .build()) {
            ApiServer api = new ApiServer();
            OffloadReporter reporter = new OffloadReporter(new PodStatus(
                    own,
                    api,
                    new NodePods(own, api, "node", Set.of(), pod -> {}, pod -> {}),
                    "node",
                    Clock.systemUTC()));
            for (OffloadVerdict verdict : new OffloadVerdict[] {
                OffloadVerdict.NotOffloaded,
                OffloadVerdict.NotOffloaded,
                OffloadVerdict.NotOffloaded,
                OffloadVerdict.Offloaded
            }) {
                reporter.report(POD, verdict, () -> "the " + asked.incrementAndGet() + ". cause");
            }
        }

        assertThat(asked).hasValue(2);
    }
}
