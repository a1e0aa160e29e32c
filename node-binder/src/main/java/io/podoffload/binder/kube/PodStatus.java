package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.outage.Outage;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/** What the binder writes on pods: conditions, all of a pod by one request, and Events. */
public final class PodStatus {

    static final String COMPONENT = "pod-offload-binder";

    private static final int GONE = 404;
    private static final int OTHER_UID = 409;
    private static final Set<String> OWN = Set.of(BindingReporter.CONDITION, OffloadReporter.CONDITION);

    private final KubernetesClient client;
    private final ApiServer api;
    private final NodePods pods;
    private final Clock clock;
    private final Events events;

    private final Map<String, Written> byUid = new ConcurrentHashMap<>();

    /** Conditions of one pod as they were written last, by type: the watch may not have brought them back yet. */
    private static final class Written {
        private final Map<String, PodCondition> conditions = new ConcurrentHashMap<>();
    }

    public PodStatus(KubernetesClient client, ApiServer api, NodePods pods, String node, Clock clock) {
        this.client = client;
        this.api = api;
        this.pods = pods;
        this.clock = clock;
        this.events = new Events(client, COMPONENT, node, clock);
    }

    /** What a condition is to say. */
    record Statement(String type, String status, String reason, String message) {}

    /** Logs that a report failed: of each pod, unless the API server is away. */
    void logFailure(Logger log, String what, KubernetesClientException failure) {
        RuntimeException cause = api.failed(failure);
        log.atLevel(cause instanceof Outage ? Level.DEBUG : Level.WARN).log("{}: {}", what, cause.getMessage());
    }

    /** Whether the pod went meanwhile, so that nobody is left to be told. */
    static boolean isGone(KubernetesClientException refusal) {
        return refusal.getCode() == GONE || refusal.getCode() == OTHER_UID;
    }

    /** The condition as this process wrote it last, else, after a restart, as the pod shows it. */
    Optional<PodCondition> shown(PodRef pod, String type) {
        Written written = byUid.get(pod.uid());
        Optional<PodCondition> last =
                written == null ? Optional.empty() : Optional.ofNullable(written.conditions.get(type));
        return last.or(() -> pods.findByUid(pod.uid()).flatMap(view -> view.condition(type)));
    }

    /** Whether the pod is being deleted, so that what it waits for is no news. */
    boolean isEnding(PodRef pod) {
        return pods.findByUid(pod.uid()).filter(PodView::isEnding).isPresent();
    }

    /** Of a pod that is gone nothing need be remembered. */
    void forget(PodRef pod) {
        byUid.remove(pod.uid());
    }

    /**
     * Server-side apply: conditions are merged by type, so others' conditions stay; the uid guards against a namesake. It carries
     * the binder's other conditions too, since a field manager loses what it does not apply again.
     */
    void apply(PodRef pod, List<Statement> statements) {
        Written written = byUid.computeIfAbsent(pod.uid(), uid -> new Written());
        try {
            synchronized (written) { // a request carries what the one before said
                Map<String, PodCondition> conditions = new TreeMap<>();
                OWN.forEach(type -> shown(pod, type).ifPresent(before -> conditions.put(type, before)));
                statements.forEach(statement ->
                        conditions.compute(statement.type(), (type, before) -> condition(statement, before)));
                patch(pod, List.copyOf(conditions.values()));
                written.conditions.putAll(conditions);
            }
        } catch (KubernetesClientException e) {
            if (isGone(e)) {
                forget(pod);
            }
            throw e;
        }
    }

    /** The time of a transition is that of the status, and not of the reason. */
    private PodCondition condition(Statement statement, @Nullable PodCondition before) {
        boolean same = before != null
                && statement.status().equals(before.getStatus())
                && before.getLastTransitionTime() != null;
        return new PodConditionBuilder()
                .withType(statement.type())
                .withStatus(statement.status())
                .withReason(statement.reason())
                .withMessage(statement.message())
                .withLastTransitionTime(same && before != null ? before.getLastTransitionTime() : Events.time(clock))
                .build();
    }

    private void patch(PodRef pod, List<PodCondition> conditions) {
        WatchedPod wanted = new WatchedPod();
        wanted.setMetadata(new ObjectMetaBuilder()
                .withNamespace(pod.namespace())
                .withName(pod.name())
                .withUid(pod.uid())
                .build());
        wanted.setStatus(WatchedPod.Status.of(conditions));
        client.resources(WatchedPod.class)
                .inNamespace(pod.namespace())
                .withName(pod.name())
                .subresource("status")
                .patch(
                        new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager(COMPONENT)
                                .withForce(true)
                                .build(),
                        wanted);
        api.answered();
    }

    /** An Event. */
    void tell(PodRef pod, boolean good, String reason, String message) {
        events.tell(
                new ObjectReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withNamespace(pod.namespace())
                        .withName(pod.name())
                        .withUid(pod.uid())
                        .build(),
                pod.namespace(),
                good,
                reason,
                message);
    }
}
