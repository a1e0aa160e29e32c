package io.podoffload.webhook.cluster;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Tells the controllers of pods, by Kubernetes Events, why those pods get no VF: a Deployment's user sees no warnings. Off
 * the request's path; the same news is told once in a while, and news that does not fit the queue is dropped and counted.
 */
@Component
@Profile("!standalone")
public final class OwnerEvents implements DisposableBean {

    private static final Logger LOG = LoggerFactory.getLogger(OwnerEvents.class);
    private static final String COMPONENT = "pod-offload-webhook";
    private static final int LONGEST_QUEUE = 256;
    private static final int REMEMBERED = 4096;
    private static final Duration TOLD_AGAIN_AFTER = Duration.ofMinutes(10);

    private final KubernetesClient client;
    private final MeterRegistry meters;
    private final Clock clock;
    private final BlockingQueue<UnservedPod> queue = new ArrayBlockingQueue<>(LONGEST_QUEUE);
    private final Thread writer = new Thread(this::write, "owner events");

    private record News(String namespace, Owner subject, String decision, String message) {}

    /** When each news was queued last; the oldest is forgotten first. */
    private final Map<News, Instant> told = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<News, Instant> eldest) {
            return size() > REMEMBERED;
        }
    };

    public OwnerEvents(KubernetesClient client, MeterRegistry meters, Clock clock) {
        this.client = client;
        this.meters = meters;
        this.clock = clock;
        writer.setDaemon(true);
        writer.start();
    }

    /** Returns at once. */
    public void tell(UnservedPod pod) {
        News news = news(pod);
        synchronized (told) {
            Instant now = clock.instant();
            Instant before = told.get(news);
            if (before != null && before.plus(TOLD_AGAIN_AFTER).isAfter(now)) {
                count("repeated");
                return;
            }
            if (!queue.offer(pod)) {
                count("dropped");
                return;
            }
            told.remove(news);
            told.put(news, now);
        }
    }

    private static News news(UnservedPod pod) {
        return new News(pod.namespace(), pod.subject(), pod.decision(), pod.message());
    }

    private void count(String result) {
        meters.counter("pod.offload.webhook.events", "result", result).increment();
    }

    private void write() {
        try {
            while (true) {
                UnservedPod pod = queue.take();
                try {
                    client.v1()
                            .events()
                            .inNamespace(pod.namespace())
                            .resource(event(pod))
                            .create();
                    count("sent");
                } catch (RuntimeException e) { // whatever it is, the next news must be told
                    count("failed");
                    synchronized (told) {
                        told.remove(news(pod)); // the next one may have more luck
                    }
                    LOG.warn("cannot write an Event on {}: {}", pod.subject(), e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("no longer writing Events");
        }
    }

    private Event event(UnservedPod pod) {
        Owner subject = pod.subject();
        String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(pod.namespace())
                .withGenerateName(subject.name() + ".")
                .withAnnotations(pod.traceparent() == null ? Map.of() : Map.of("traceparent", pod.traceparent()))
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion(subject.apiVersion())
                .withKind(subject.kind())
                .withNamespace(pod.namespace())
                .withName(subject.name())
                .withUid(subject.uid().isEmpty() ? null : subject.uid())
                .endInvolvedObject()
                .withType("Warning")
                .withReason(pod.decision())
                .withMessage("pod " + pod.pod() + ": " + pod.message())
                .withNewSource()
                .withComponent(COMPONENT)
                .endSource()
                .withReportingComponent(COMPONENT)
                .withReportingInstance(COMPONENT)
                .withFirstTimestamp(now)
                .withLastTimestamp(now)
                .withCount(1)
                .build();
    }

    @Override
    public void destroy() throws InterruptedException {
        writer.interrupt();
        writer.join();
    }
}
