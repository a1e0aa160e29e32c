package io.podoffload.binder.kube;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.PodVerdict;
import io.podoffload.binder.binding.Reason;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Tells the pod's users what became of its VF: the condition {@code pod-offload.io/bound}, and an Event for each verdict
 * that is more than a matter of time. A wait that passes soon is not reported.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate">Pod readiness</a>
 */
public final class BindingReporter {

    public static final String CONDITION = "pod-offload.io/bound";

    private final PodStatus status;

    /** The verdict on each VF of a pod, by pod uid. */
    private final Map<String, PodVerdict> verdicts = new ConcurrentHashMap<>();

    public BindingReporter(PodStatus status) {
        this.status = status;
    }

    private record Report(String reason, String message) {}

    /**
     * Reports on one of the pod's VFs, once for each change of what there is to say of all of them.
     *
     * @param vfs all VFs of the pod
     * @return false while it is too early to report, so that the VF is to be looked at again
     */
    public boolean report(PodRef pod, Collection<PciAddress> vfs, PciAddress pci, Reason reason, String detail) {
        PodVerdict verdict = verdict(pod);
        synchronized (verdict) { // VFs of one pod are looked at side by side, and one Event is to be written
            long now = System.nanoTime();
            verdict.put(vfs, pci, reason, detail, now);
            boolean passing = verdict.isPassing(now, before(pod).isPresent())
                    || (verdict.reason().transitional() && status.isEnding(pod));
            if (!passing) {
                reportOnce(pod, verdict.reason(), verdict.detail());
            }
            return !passing;
        }
    }

    /** Whether the pod has the condition already. */
    public boolean hasReported(PodRef pod) {
        return before(pod).isPresent();
    }

    private PodVerdict verdict(PodRef pod) {
        return verdicts.computeIfAbsent(pod.uid(), uid -> new PodVerdict());
    }

    /** Reports on the pod as a whole, once for each change. */
    public void report(PodRef pod, Reason reason, String detail) {
        synchronized (verdict(pod)) {
            reportOnce(pod, reason, detail);
        }
    }

    private void reportOnce(PodRef pod, Reason reason, String detail) {
        Report report = new Report(reason.name(), message(reason, detail));
        Optional<Report> before = before(pod);
        if (before.equals(Optional.of(report))) {
            return;
        }
        boolean isNews = !reason.transitional() && !before.map(Report::reason).equals(Optional.of(report.reason()));
        status.say(
                pod,
                statements(pod, reason, report),
                isNews
                        ? Optional.of(new PodStatus.Notice(reason.settled(), report.reason(), report.message()))
                        : Optional.empty());
    }

    /** Nobody is left to be told of this pod. */
    public void forget(PodRef pod) {
        status.forget(pod);
        verdicts.remove(pod.uid());
    }

    private Optional<Report> before(PodRef pod) {
        return status.shown(pod, CONDITION).map(condition -> new Report(condition.getReason(), condition.getMessage()));
    }

    /** Where the packets run is first told together with the binding: two requests would say what one can. */
    private List<PodStatus.Statement> statements(PodRef pod, Reason reason, Report report) {
        PodStatus.Statement bound = new PodStatus.Statement(
                CONDITION, reason.settled() ? "True" : "False", report.reason(), report.message());
        return Stream.concat(
                        Stream.of(bound),
                        reason.binds() ? OffloadReporter.atFirst(status, pod).stream() : Stream.empty())
                .toList();
    }

    private static String message(Reason reason, String detail) {
        String cure = reason.cure().isEmpty() ? "" : " " + reason.cure();
        return reason.cause() + (detail.isEmpty() ? "" : " " + detail + ".") + cure;
    }
}
