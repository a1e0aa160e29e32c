package io.podoffload.webhook.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true, https = false)
@SuppressWarnings("NullAway.Init") // set before each test
class OwnerEventsTest {

    private static final Owner WEB = new Owner("apps/v1", "ReplicaSet", "web-5d", "o-1");

    KubernetesClient client;
    KubernetesMockServer server;
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private OwnerEvents events;

    @BeforeEach
    void start() {
        events = new OwnerEvents(client, meters, new Clock() {
            @Override
            public Instant instant() {
                return now;
            }

            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }
        });
    }

    @AfterEach
    void stop() throws InterruptedException {
        events.destroy();
    }

    private static UnservedPod pod(String name, String message) {
        return new UnservedPod("shop", name, WEB, "HostNetwork", message, null);
    }

    private double count(String result) {
        return meters.counter("pod.offload.webhook.events", "result", result).count();
    }

    private List<Event> written(int count) {
        Awaitility.await()
                .until(() -> client.v1()
                                .events()
                                .inNamespace("shop")
                                .list()
                                .getItems()
                                .size()
                        == count);
        return client.v1().events().inNamespace("shop").list().getItems();
    }

    @Test
    void theControllerIsTold() {
        events.tell(new UnservedPod("shop", "web-5d-", WEB, "HostNetwork", "ignored", "00-1-2-01"));

        assertThat(written(1)).singleElement().satisfies(event -> {
            assertThat(event.getInvolvedObject().getKind()).isEqualTo("ReplicaSet");
            assertThat(event.getInvolvedObject().getUid()).isEqualTo("o-1");
            assertThat(event.getReason()).isEqualTo("HostNetwork");
            assertThat(event.getMessage()).isEqualTo("pod web-5d-: ignored");
            assertThat(event.getType()).isEqualTo("Warning");
            assertThat(event.getMetadata().getAnnotations()).containsEntry("traceparent", "00-1-2-01");
        });
    }

    @Test
    void theNamespaceIsToldOfAPodThatNobodyOwns() {
        events.tell(new UnservedPod("shop", "p", null, "UnknownProfile", "no", null));

        assertThat(written(1)).singleElement().satisfies(event -> {
            assertThat(event.getInvolvedObject().getKind()).isEqualTo("Namespace");
            assertThat(event.getInvolvedObject().getName()).isEqualTo("shop");
        });
    }

    @Test
    void theSameNewsIsToldOnceInAWhile() {
        events.tell(pod("a", "ignored"));
        events.tell(pod("b", "ignored"));
        events.tell(pod("c", "another reason"));
        assertThat(written(2)).hasSize(2);
        assertThat(count("repeated")).isEqualTo(1);

        now = now.plus(Duration.ofMinutes(11));
        events.tell(pod("d", "ignored"));

        assertThat(written(3)).hasSize(3);
    }

    @Test
    void newsThatDoesNotFitIsDroppedAndCountedAndNobodyWaits() {
        for (int number = 0; number < 2_000; number++) {
            events.tell(pod("p", "reason " + number));
        }

        assertThat(count("dropped")).isPositive();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> count("dropped") + count("sent") == 2_000);
    }

    @Test
    void newsThatCouldNotBeToldIsToldWithTheNextPod() {
        server.expect()
                .post()
                .withPath("/api/v1/namespaces/shop/events")
                .andReturn(403, "{}")
                .once();

        events.tell(pod("a", "ignored"));
        Awaitility.await().until(() -> count("failed") == 1);
        events.tell(pod("b", "ignored"));

        assertThat(written(1))
                .singleElement()
                .satisfies(event -> assertThat(event.getMessage()).startsWith("pod b"));
    }
}
