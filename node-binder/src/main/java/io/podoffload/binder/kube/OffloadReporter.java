package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.PodCondition;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.offload.OffloadVerdict;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Tells the pod's users where its packets run: the condition {@code pod-offload.io/offloaded}, and an Event when that changes.
 */
public final class OffloadReporter {

    public static final String CONDITION = "pod-offload.io/offloaded";

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
        status.say(
                pod,
                List.of(statement),
                verdict == OffloadVerdict.NoTraffic
                        ? Optional.empty()
                        : Optional.of(new PodStatus.Notice(
                                verdict == OffloadVerdict.Offloaded, verdict.name(), statement.message())));
    }
}
