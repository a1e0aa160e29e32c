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
import io.podoffload.binder.outage.Pauses;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * What the binder says of pods: conditions, all of a pod by one request, and Events. Callers do not wait for the API server: a separate
 * thread sends the latest state of each pod, and retries until the server takes it or the pod is gone.
 */
public final class PodStatus implements AutoCloseable {

    private static final int INVALID = 422;

    static final String COMPONENT = "pod-offload-binder";

    private static final Logger LOG = LoggerFactory.getLogger(PodStatus.class);
    private static final Pauses PAUSES = new Pauses(Duration.ofSeconds(1), Duration.ofMinutes(1));
    private static final Set<String> OWN = Set.of(BindingReporter.CONDITION, OffloadReporter.CONDITION);

    private final KubernetesClient client;
    private final ApiServer api;
    private final NodePods pods;
    private final Clock clock;
    private final Events events;
    private final ScheduledThreadPoolExecutor sender = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "pod-reports");
        thread.setDaemon(true);
        return thread;
    });

    private final Map<String, Word> byUid = new ConcurrentHashMap<>();

    /** The last word on one pod: the watch may not have brought it back yet, or it is not sent yet. Guarded by itself. */
    private static final class Word {
        private final Map<String, PodCondition> conditions = new TreeMap<>();
        private final Map<String, Notice> notices = new TreeMap<>(); // by the type of the condition that they are about
        private boolean unsent;
        private boolean due;
        private int tries;
    }

    public PodStatus(KubernetesClient client, ApiServer api, NodePods pods, String node, Clock clock) {
        this.client = client;
        this.api = api;
        this.pods = pods;
        this.clock = clock;
        this.events = new Events(client, COMPONENT, node, clock);
        sender.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** What a condition is to say. */
    record Statement(String type, String status, String reason, String message) {}

    /** An Event. */
    record Notice(boolean good, String reason, String message) {}

    /** The condition as this process said it last, else, after a restart, as the pod shows it. */
    Optional<PodCondition> shown(PodRef pod, String type) {
        Word word = byUid.get(pod.uid());
        if (word != null) {
            synchronized (word) {
                PodCondition last = word.conditions.get(type);
                if (last != null) {
                    return Optional.of(last);
                }
            }
        }
        return pods.findByUid(pod.uid()).flatMap(view -> view.condition(type));
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
     * Takes the last word on a pod. A request carries the binder's other conditions too, since a field manager loses what it does not
     * apply again.
     *
     * @param notice an Event about it
     */
    void say(PodRef pod, List<Statement> statements, Optional<Notice> notice) {
        Word word = byUid.computeIfAbsent(pod.uid(), uid -> new Word());
        synchronized (word) {
            OWN.stream()
                    .filter(type -> !word.conditions.containsKey(type))
                    .forEach(type -> pods.findByUid(pod.uid())
                            .flatMap(view -> view.condition(type))
                            .ifPresent(before -> word.conditions.put(type, before)));
            statements.forEach(statement ->
                    word.conditions.compute(statement.type(), (type, before) -> condition(statement, before)));
            notice.ifPresent(event -> word.notices.put(statements.get(0).type(), event));
            word.unsent = true;
            if (!word.due) {
                schedule(pod, word, 0);
            }
        }
    }

    private void schedule(PodRef pod, Word word, long millis) {
        try {
            Future<?> unused = sender.schedule(() -> send(pod, word), millis, TimeUnit.MILLISECONDS);
            word.due = true;
        } catch (RejectedExecutionException e) {
            LOG.debug("nothing is reported at the end of the program", e);
        }
    }

    private void send(PodRef pod, Word word) {
        List<PodCondition> conditions;
        Map<String, Notice> notices;
        synchronized (word) {
            word.due = false;
            conditions = word.unsent ? List.copyOf(word.conditions.values()) : List.of();
            notices = Map.copyOf(word.notices);
            word.unsent = false;
            word.notices.clear();
        }
        if (byUid.get(pod.uid()) != word) {
            return; // the pod is gone
        }
        try {
            if (!conditions.isEmpty()) {
                patch(pod, conditions);
            }
            word.tries = 0;
        } catch (KubernetesClientException e) {
            if (isGone(e)) {
                byUid.remove(pod.uid(), word);
            } else {
                logFailure("cannot report what became of the VF of pod " + pod, e);
                again(pod, word, notices);
            }
            return;
        }
        notices.values().forEach(notice -> tell(pod, notice));
    }

    /** What was said meanwhile is newer. */
    private void again(PodRef pod, Word word, Map<String, Notice> notices) {
        synchronized (word) {
            word.unsent = true;
            notices.forEach(word.notices::putIfAbsent);
            if (!word.due) {
                schedule(pod, word, PAUSES.millis(word.tries++));
            }
        }
    }

    /** Logs that a report failed: of each pod, unless the API server is away. */
    private void logFailure(String what, KubernetesClientException failure) {
        RuntimeException cause = api.failed(failure);
        LOG.atLevel(cause instanceof Outage ? Level.DEBUG : Level.WARN).log("{}: {}", what, cause.getMessage());
    }

    /** Whether the pod went meanwhile, and maybe another of its name came, whose uid is not the one that is applied. */
    private static boolean isGone(KubernetesClientException refusal) {
        return refusal.getCode() == HttpURLConnection.HTTP_NOT_FOUND
                || (refusal.getCode() == INVALID
                        && String.valueOf(refusal.getMessage()).contains("metadata.uid"));
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

    /** One that is refused, by a quota or because the Namespace goes, is only logged: the condition says the same. */
    private void tell(PodRef pod, Notice notice) {
        try {
            events.tell(
                    new ObjectReferenceBuilder()
                            .withApiVersion("v1")
                            .withKind("Pod")
                            .withNamespace(pod.namespace())
                            .withName(pod.name())
                            .withUid(pod.uid())
                            .build(),
                    pod.namespace(),
                    notice.good(),
                    notice.reason(),
                    notice.message());
        } catch (KubernetesClientException e) {
            logFailure("cannot write the Event " + notice.reason() + " of pod " + pod, e);
        }
    }

    @Override
    public void close() {
        sender.shutdownNow();
    }
}
