package io.podoffload.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.cluster.ClusterView;
import io.podoffload.webhook.cluster.OwnerEvents;
import io.podoffload.webhook.injection.Decision;
import io.podoffload.webhook.injection.KnownCluster;
import io.podoffload.webhook.injection.NamespaceFacts;
import io.podoffload.webhook.injection.NetworkFacts;
import io.podoffload.webhook.injection.NetworkRef;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;

/** What is seen of a decision from outside. The Namespace {@code shop} is known. */
@EnableKubernetesMockClient(crud = true, https = false)
@SuppressWarnings("NullAway.Init") // set before each test
class DecisionJournalTest {

    private static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    KubernetesClient client;
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final Logger logger = (Logger) LoggerFactory.getLogger(DecisionJournal.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private OwnerEvents events;
    private DecisionJournal journal;

    @BeforeEach
    void start() {
        logger.setLevel(Level.DEBUG);
        log.start();
        logger.addAppender(log);
        events = new OwnerEvents(client, meters, Clock.systemUTC());
        WebhookProperties settings = new WebhookProperties(
                new WebhookProperties.Tls(Path.of("crt"), Path.of("key"), null, List.of()),
                null,
                "pod-offload",
                Duration.ZERO,
                true);
        journal = new DecisionJournal(meters, new FixedView(), Optional.of(events), settings);
    }

    @AfterEach
    void stop() throws InterruptedException {
        logger.detachAppender(log);
        events.destroy();
    }

    private static Review review(String pod, String namespace, boolean dryRun) {
        return new Review("u-1", namespace, pod, dryRun, null, null);
    }

    private void decided(Review review, Decision decision) {
        HttpHeaders headers = new HttpHeaders();
        headers.set("traceparent", TRACEPARENT);
        journal.decided(review, decision, headers, 1_000);
    }

    private List<Event> eventsWritten(int count) {
        Awaitility.await()
                .until(() ->
                        client.v1().events().inAnyNamespace().list().getItems().size() == count);
        return client.v1().events().inAnyNamespace().list().getItems();
    }

    @Test
    void aDryRunIsToldToNobody() {
        decided(review("tried", "shop", true), new Decision.HostNetwork());
        decided(review("meant", "shop", false), new Decision.MirrorPod());

        assertThat(eventsWritten(1)).singleElement().satisfies(event -> {
            assertThat(event.getMessage()).startsWith("pod meant: pod-offload: ignored");
            assertThat(event.getMetadata().getAnnotations()).containsEntry("traceparent", TRACEPARENT);
        });
    }

    @Test
    void aPodThatGetsWhatItWantsIsNoNews() {
        decided(review("fine", "shop", false), new Decision.Complete("default", List.of()));
        decided(review("plain", "shop", false), new Decision.NotOptedIn());
        decided(review("refused", "shop", false), new Decision.InvalidLabel("maybe"));

        assertThat(eventsWritten(1))
                .singleElement()
                .satisfies(event -> assertThat(event.getReason()).isEqualTo("InvalidLabel"));
    }

    @Test
    void aRefusalIsALineAtInfoAndAnyOtherDecisionOneAtDebug() {
        decided(review("refused", "shop", false), new Decision.InvalidLabel("maybe"));
        decided(review("plain", "shop", false), new Decision.NotOptedIn());

        assertThat(log.list).extracting(ILoggingEvent::getLevel).containsExactly(Level.INFO, Level.DEBUG);
        assertThat(log.list.get(0).getKeyValuePairs())
                .extracting(pair -> pair.key + "=" + pair.value)
                .containsExactly(
                        "decision=InvalidLabel",
                        "namespace=shop",
                        "pod=refused",
                        "uid=u-1",
                        "dryRun=false",
                        "trace.id=4bf92f3577b34da6a3ce929d0e0e4736");
    }

    @Test
    void namesThatAnybodyCanSendBecomeNoLabelsOfMetrics() {
        for (int number = 0; number < 100; number++) {
            decided(review("p", "made-up-" + number, false), new Decision.NotOptedIn());
        }
        decided(review("p", "shop", false), new Decision.NotOptedIn());

        assertThat(meters.find("pod.offload.webhook.decisions").meters().stream()
                        .map(Meter::getId)
                        .map(id -> id.getTag("namespace")))
                .containsExactlyInAnyOrder("", "shop");
    }

    /** A cluster that does not change. */
    private static final class FixedView implements ClusterView {

        private final KnownCluster known = KnownCluster.usual();

        @Override
        public @Nullable NamespaceFacts namespace(String name) {
            return known.namespace(name);
        }

        @Override
        public @Nullable NetworkFacts network(NetworkRef network) {
            return known.network(network);
        }

        @Override
        public boolean binderReports(String resource) {
            return true;
        }

        @Override
        public Optional<String> waitingFor() {
            return Optional.empty();
        }

        @Override
        public CompletableFuture<?> known() {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<?> awaitNamespace(String name) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public Optional<String> anyNamespace() {
            return Optional.empty();
        }
    }
}
