package io.podoffload.webhook.admission;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.cluster.ClusterView;
import io.podoffload.webhook.cluster.OwnerEvents;
import io.podoffload.webhook.cluster.UnservedPod;
import io.podoffload.webhook.injection.Decision;
import io.podoffload.webhook.injection.Refusal;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;

/** What is seen of decisions from outside: metrics, one line of log each, and Events for those whose pods got nothing. */
@Component
final class DecisionJournal {

    private static final Logger LOG = LoggerFactory.getLogger(DecisionJournal.class);

    /** <a href="https://www.w3.org/TR/trace-context/#traceparent-header">Trace Context, version 00</a>. */
    private static final Pattern TRACEPARENT = Pattern.compile("00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}");

    private final MeterRegistry meters;
    private final ClusterView cluster;
    private final Optional<OwnerEvents> events;
    private final boolean traceContext;
    private final Timer latency;
    private final Map<Kind, Counter> counters = new ConcurrentHashMap<>();

    private record Kind(String decision, String namespace, String profile) {}

    DecisionJournal(
            MeterRegistry meters, ClusterView cluster, Optional<OwnerEvents> events, WebhookProperties properties) {
        this.meters = meters;
        this.cluster = cluster;
        this.events = events;
        this.traceContext = properties.traceContext();
        latency = Timer.builder("pod.offload.webhook.duration")
                .description("From the head of a request to its decision")
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(5),
                        Duration.ofMillis(25),
                        Duration.ofMillis(100),
                        Duration.ofMillis(250),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5))
                .register(meters);
    }

    void decided(Review review, Decision decision, HttpHeaders headers, long nanos) {
        latency.record(nanos, TimeUnit.NANOSECONDS);
        boolean namespaceIsKnown = cluster.namespace(review.namespace()) != null;
        count(namespaceIsKnown ? review.namespace() : "", decision);
        String traceparent = traceparent(headers);
        Refusal refusal = decision.refusal();
        if (refusal != null || LOG.isDebugEnabled()) {
            log(review, decision, refusal, traceparent);
        }
        if (decision.unserved() && namespaceIsKnown && !review.dryRun() && events.isPresent()) {
            events.get()
                    .tell(new UnservedPod(
                            review.namespace(),
                            review.podName(),
                            review.owner(),
                            decision.name(),
                            refusal != null ? refusal.message() : String.join("; ", decision.warnings()),
                            traceparent));
        }
    }

    /** @param namespace empty where it is not known: anybody can send any name, and each would be a label for ever */
    private void count(String namespace, Decision decision) {
        Kind kind = new Kind(decision.name(), namespace, decision.profile());
        Counter counter = counters.get(kind);
        if (counter == null) {
            counter = counters.computeIfAbsent(
                    kind,
                    one -> Counter.builder("pod.offload.webhook.decisions")
                            .description("Decisions by kind, Namespace and profile")
                            .tag("decision", one.decision())
                            .tag("namespace", one.namespace())
                            .tag("profile", one.profile())
                            .register(meters));
        }
        counter.increment();
    }

    private @Nullable String traceparent(HttpHeaders headers) {
        String header = traceContext ? headers.getFirst("traceparent") : null;
        return header != null && TRACEPARENT.matcher(header).matches() ? header : null;
    }

    private static void log(Review review, Decision decision, @Nullable Refusal refusal, @Nullable String traceparent) {
        LoggingEventBuilder line = (refusal == null ? LOG.atDebug() : LOG.atInfo())
                .addKeyValue("decision", decision.name())
                .addKeyValue("namespace", review.namespace())
                .addKeyValue("pod", review.podName())
                .addKeyValue("uid", review.uid())
                .addKeyValue("dryRun", review.dryRun());
        if (traceparent != null) {
            line = line.addKeyValue("trace.id", traceparent.substring(3, 35));
        }
        if (refusal == null) {
            line.log("pod admitted");
        } else {
            line.log("pod refused: {}", refusal.message());
        }
    }
}
