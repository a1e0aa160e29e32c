package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.podoffload.binder.kube.EventCorrelation.Entry;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes Events about objects, and no more of them than {@link EventCorrelation} allows. */
final class Events {

    private static final Logger LOG = LoggerFactory.getLogger(Events.class);

    private final KubernetesClient client;
    private final String component;
    private final String node;
    private final Clock clock;
    private final EventCorrelation correlation = new EventCorrelation(System::nanoTime);

    Events(KubernetesClient client, String component, String node, Clock clock) {
        this.client = client;
        this.component = component;
        this.node = node;
        this.clock = clock;
    }

    /**
     * Writes it, unless there were too many of the object.
     *
     * @param namespace of the Event: the object's own, where it has one
     */
    void tell(ObjectReference object, String namespace, boolean good, String reason, String message) {
        Optional<Entry> entry = correlation.next(object.getUid(), reason, message);
        if (entry.isEmpty()) {
            LOG.debug("too many Events of {} {}: {} {}", object.getKind(), object.getName(), reason, message);
            return;
        }
        if (entry.get().earlier().isPresent()) {
            try {
                repeat(namespace, entry.get().earlier().get(), entry.get());
                return;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                    throw e;
                }
                LOG.debug("the Event is gone, and made anew", e);
            }
        }
        create(object, namespace, good, reason, entry.get());
    }

    private void repeat(String namespace, String name, Entry entry) {
        client.v1()
                .events()
                .resource(new EventBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .endMetadata()
                        .withMessage(entry.message())
                        .withLastTimestamp(time(clock))
                        .withCount(entry.count())
                        .build())
                .patch(PatchContext.of(PatchType.JSON_MERGE));
    }

    private void create(ObjectReference object, String namespace, boolean good, String reason, Entry entry) {
        String now = time(clock);
        Event written = client.v1()
                .events()
                .inNamespace(namespace)
                .resource(new EventBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withGenerateName(object.getName() + ".")
                        .endMetadata()
                        .withInvolvedObject(object)
                        .withType(good ? "Normal" : "Warning")
                        .withReason(reason)
                        .withMessage(entry.message())
                        .withNewSource()
                        .withComponent(component)
                        .withHost(node)
                        .endSource()
                        .withReportingComponent(component)
                        .withReportingInstance(node)
                        .withFirstTimestamp(now)
                        .withLastTimestamp(now)
                        .withCount(entry.count())
                        .build())
                .create();
        entry.written(written.getMetadata().getName());
    }

    /** Now, as the API server writes times. */
    static String time(Clock clock) {
        return Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
