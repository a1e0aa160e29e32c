package io.podoffload.binder.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.PodVerdict;
import io.podoffload.binder.binding.Reason;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the pod's users what became of its VF: the condition {@code pod-offload.io/bound}, and an Event for each verdict
 * that is more than a matter of time. A wait that passes within a second is not told at all. A report that fails does not undo a
 * binding; it is sent again at the next look.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate">Pod readiness</a>
 */
public final class BindingReporter {

    public static final String CONDITION = "pod-offload.io/bound";

    private static final Logger LOG = LoggerFactory.getLogger(BindingReporter.class);

    private final PodStatus status;
    private final NodePods pods;

    /** What was reported last, by pod uid: the watch may not have brought it back yet. */
    private final Map<String, Report> reported = new ConcurrentHashMap<>();

    /** The verdict on each VF of a pod, by pod uid. */
    private final Map<String, PodVerdict> verdicts = new ConcurrentHashMap<>();

    public BindingReporter(PodStatus status, NodePods pods) {
        this.status = status;
        this.pods = pods;
    }

    private record Report(String reason, String message) {}

    /**
     * Reports on one of the pod's VFs, once for each change of what there is to say of all of them.
     *
     * @param vfs all VFs of the pod
     * @return whether the report stands; if not, the VF is to be looked at again
     */
    public boolean report(PodRef pod, Collection<PciAddress> vfs, PciAddress pci, Reason reason, String detail) {
        PodVerdict verdict = verdict(pod);
        synchronized (verdict) { // VFs of one pod are looked at side by side, and one Event is to be written
            long now = System.nanoTime();
            verdict.put(vfs, pci, reason, detail, now);
            return !verdict.isPassing(now) && report(pod, verdict.reason(), verdict.detail());
        }
    }

    private PodVerdict verdict(PodRef pod) {
        return verdicts.computeIfAbsent(pod.uid(), uid -> new PodVerdict());
    }

    /** Reports on the pod as a whole, once for each change. */
    public boolean report(PodRef pod, Reason reason, String detail) {
        synchronized (verdict(pod)) {
            return reportOnce(pod, reason, detail);
        }
    }

    private boolean reportOnce(PodRef pod, Reason reason, String detail) {
        Report report = new Report(reason.name(), message(reason, detail));
        Optional<Report> before = before(pod);
        if (before.equals(Optional.of(report))) {
            return true;
        }
        try {
            status.apply(
                    pod,
                    PodStatus.COMPONENT,
                    CONDITION,
                    reason.settled() ? "True" : "False",
                    report.reason(),
                    report.message());
            if (!reason.transitional() && !before.map(Report::reason).equals(Optional.of(report.reason()))) {
                status.tell(pod, reason.settled(), report.reason(), report.message());
            }
            reported.put(pod.uid(), report);
            return true;
        } catch (KubernetesClientException e) {
            if (PodStatus.isGone(e)) {
                return true; // the pod went meanwhile, and nobody is left to be told
            }
            LOG.atWarn()
                    .addKeyValue("pod", pod)
                    .addKeyValue("reason", reason)
                    .log("cannot report to the API server: {}", e.getMessage());
            return false;
        }
    }

    /** Nobody is left to be told of this pod. */
    public void forget(PodRef pod) {
        reported.remove(pod.uid());
        verdicts.remove(pod.uid());
    }

    /** What this process reported last, else, after a restart, what the pod's condition says. */
    private Optional<Report> before(PodRef pod) {
        return Optional.ofNullable(reported.get(pod.uid()))
                .or(() -> pods.findByUid(pod.uid())
                        .flatMap(view -> view.condition(CONDITION))
                        .map(condition -> new Report(condition.getReason(), condition.getMessage())));
    }

    private static String message(Reason reason, String detail) {
        String cure = reason.cure().isEmpty() ? "" : " " + reason.cure();
        return reason.cause() + (detail.isEmpty() ? "" : " " + detail + ".") + cure;
    }
}
