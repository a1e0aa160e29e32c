package io.podoffload.binder.reconcile;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.Reason;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** What the binder last found and decided about each VF of the node: for people, metrics and the node's report. */
public final class VfStates {

    private final Clock clock;
    private final MeterRegistry meters;
    private final Map<PciAddress, VfState> states = new ConcurrentSkipListMap<>();

    public VfStates(Clock clock, MeterRegistry meters) {
        this.clock = clock;
        this.meters = meters;
        for (Reason reason : Reason.values()) {
            Gauge.builder("pod.offload.binder.vfs", () -> count(reason))
                    .description("VFs of this node by the binder's last verdict")
                    .tag("reason", reason.name())
                    .register(meters);
        }
    }

    /**
     * One VF.
     *
     * @param pci its address
     * @param reason the last verdict
     * @param detail facts for a person
     * @param pod namespace/name of the pod that holds it, null if none
     * @param podUid of that pod
     * @param since when the verdict or the pod last changed
     */
    public record VfState(
            String pci,
            Reason reason,
            String detail,
            @Nullable String pod,
            @Nullable String podUid,
            Instant since) {
        boolean says(Reason otherReason, @Nullable String otherUid) {
            return reason == otherReason && java.util.Objects.equals(podUid, otherUid);
        }
    }

    /** Steps were carried out; whether they suffice is seen at the next look. */
    void changing(PciAddress pci, Optional<PodRef> pod, Reason expected, String detail) {
        put(pci, pod, expected.settled() ? Reason.WaitingForOvn : expected, detail);
    }

    void concluded(PciAddress pci, Optional<PodRef> pod, Reason reason, String detail) {
        if (put(pci, pod, reason, detail)) {
            meters.counter("pod.offload.binder.verdicts", "reason", reason.name())
                    .increment();
        }
    }

    /** @return whether verdict or pod are other than before */
    private boolean put(PciAddress pci, Optional<PodRef> pod, Reason reason, String detail) {
        @Nullable String uid = pod.map(PodRef::uid).orElse(null);
        @Nullable VfState before = states.get(pci);
        boolean same = before != null && before.says(reason, uid);
        if (same && before != null && before.detail().equals(detail)) {
            return false;
        }
        states.put(
                pci,
                new VfState(
                        pci.value(),
                        reason,
                        detail,
                        pod.map(PodRef::toString).orElse(null),
                        uid,
                        same && before != null ? before.since() : clock.instant()));
        return !same;
    }

    /** VFs that are no longer there are not told of. */
    void retain(Collection<PciAddress> existing) {
        states.keySet().retainAll(existing);
    }

    /** In the order of their addresses. */
    public List<VfState> all() {
        return List.copyOf(states.values());
    }

    /** The VF at this address, if it is one of this node's. */
    public Optional<VfState> of(String pci) {
        return PciAddress.isPciAddress(pci) ? Optional.ofNullable(states.get(new PciAddress(pci))) : Optional.empty();
    }

    private long count(Reason reason) {
        return states.values().stream()
                .filter(state -> state.reason() == reason)
                .count();
    }
}
