package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.offload.OffloadVerdict;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the pod's users where its packets run: the condition {@code pod-offload.io/offloaded}, and an Event when that changes.
 * Nothing waits for this condition, so a report that fails is sent again with the next verdict.
 */
public final class OffloadReporter {

    public static final String CONDITION = "pod-offload.io/offloaded";

    private static final Logger LOG = LoggerFactory.getLogger(OffloadReporter.class);
    private static final String MANAGER = PodStatus.COMPONENT + "-offload";

    private final PodStatus status;
    private final NodePods pods;
    private final Map<String, OffloadVerdict> reported = new ConcurrentHashMap<>(); // by pod uid

    public OffloadReporter(PodStatus status, NodePods pods) {
        this.status = status;
        this.pods = pods;
    }

    /**
     * Reports once for each change.
     *
     * @param details asked for then only
     */
    public void report(PodRef pod, OffloadVerdict verdict, Supplier<String> details) {
        Optional<String> before = before(pod);
        if (before.equals(Optional.of(verdict.name()))) {
            return;
        }
        String detail = details.get();
        String message = detail.isEmpty() ? verdict.sentence() : verdict.sentence() + " " + detail;
        try {
            status.apply(pod, MANAGER, CONDITION, verdict.status(), verdict.name(), message);
            if (verdict != OffloadVerdict.NoTraffic) {
                status.tell(pod, verdict == OffloadVerdict.Offloaded, verdict.name(), message);
            }
            reported.put(pod.uid(), verdict);
        } catch (KubernetesClientException e) {
            if (!PodStatus.isGone(e)) {
                LOG.warn("cannot tell the API server where the packets of {} run: {}", pod, e.getMessage());
            }
        }
    }

    /** What was said last of the pod, also before a restart. */
    public Optional<String> before(PodRef pod) {
        return Optional.ofNullable(reported.get(pod.uid()))
                .map(Enum::name)
                .or(() -> pods.findByUid(pod.uid())
                        .flatMap(view -> view.condition(CONDITION))
                        .map(PodCondition::getReason));
    }

    /** Of other pods nothing need be remembered. */
    public void retain(Collection<String> uids) {
        reported.keySet().retainAll(uids);
    }
}
