package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Writes Events about objects. */
final class Events {

    private final KubernetesClient client;
    private final String component;
    private final String node;
    private final Clock clock;

    Events(KubernetesClient client, String component, String node, Clock clock) {
        this.client = client;
        this.component = component;
        this.node = node;
        this.clock = clock;
    }

    /** @param namespace of the Event: the object's own, where it has one */
    void tell(ObjectReference object, String namespace, boolean good, String reason, String message) {
        String now = time(clock);
        client.v1()
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
                        .withMessage(message)
                        .withNewSource()
                        .withComponent(component)
                        .withHost(node)
                        .endSource()
                        .withReportingComponent(component)
                        .withReportingInstance(node)
                        .withFirstTimestamp(now)
                        .withLastTimestamp(now)
                        .withCount(1)
                        .build())
                .create();
    }

    /** Now, as the API server writes times. */
    static String time(Clock clock) {
        return Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
