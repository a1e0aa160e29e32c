package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.offload.OffloadVerdict;
import java.util.List;
import java.util.Optional;
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

    private final PodStatus status;

    public OffloadReporter(PodStatus status) {
        this.status = status;
    }

    /** What the condition says of a pod that was just bound: it has sent nothing that could have been seen. */
    static Optional<PodStatus.Statement> atFirst(PodStatus status, PodRef pod) {
        return status.shown(pod, CONDITION).isPresent()
                ? Optional.empty()
                : Optional.of(statement(OffloadVerdict.NoTraffic, ""));
    }

    private static PodStatus.Statement statement(OffloadVerdict verdict, String detail) {
        return new PodStatus.Statement(
                CONDITION,
                verdict.status(),
                verdict.name(),
                detail.isEmpty() ? verdict.sentence() : verdict.sentence() + " " + detail);
    }

    /**
     * Reports once for each change.
     *
     * @param details asked for then only
     */
    public void report(PodRef pod, OffloadVerdict verdict, Supplier<String> details) {
        Optional<String> before = status.shown(pod, CONDITION).map(PodCondition::getReason);
        if (before.equals(Optional.of(verdict.name()))) {
            return;
        }
        PodStatus.Statement statement = statement(verdict, details.get());
        try {
            status.apply(pod, List.of(statement));
            if (verdict != OffloadVerdict.NoTraffic) {
                status.tell(pod, verdict == OffloadVerdict.Offloaded, verdict.name(), statement.message());
            }
        } catch (KubernetesClientException e) {
            if (!PodStatus.isGone(e)) {
                status.logFailure(LOG, "cannot tell the API server where the packets of " + pod + " run", e);
            }
        }
    }
}
