package io.podoffload.binder.binding;

import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What there is to say of a pod that holds one VF or several. Not safe for use by several threads. */
public final class PodVerdict {

    /** Every pod waits for its sandbox and its CNI at first, and each word about it costs the API server a write. */
    private static final long PASSING_AT_FIRST = TimeUnit.SECONDS.toNanos(10);

    /** A pod that was bound must not be called ready for long when it no longer is. */
    private static final long PASSING = TimeUnit.SECONDS.toNanos(1);

    private final Map<PciAddress, Finding> findings = new TreeMap<>();
    private OptionalLong waitingSince = OptionalLong.empty();

    private record Finding(Reason reason, String detail) {}

    /**
     * Takes the verdict on one VF.
     *
     * @param vfs all VFs of the pod; those not looked at yet count as waiting
     * @param now when it was found, by {@link System#nanoTime()}
     */
    public void put(Collection<PciAddress> vfs, PciAddress pci, Reason reason, String detail, long now) {
        findings.keySet().retainAll(vfs);
        vfs.forEach(vf -> findings.putIfAbsent(vf, new Finding(Reason.WaitingForSandbox, "VF " + vf)));
        findings.put(pci, new Finding(reason, detail));
        if (!reason().transitional()) {
            waitingSince = OptionalLong.empty();
        } else if (waitingSince.isEmpty()) {
            waitingSince = OptionalLong.of(now);
        }
    }

    /**
     * Whether the pod waits, for whatever reason, and for too short a time to be reported.
     *
     * @param reported whether the pod already has a condition of the binder
     */
    public boolean isPassing(long now, boolean reported) {
        return waitingSince.isPresent() && now - waitingSince.getAsLong() < (reported ? PASSING : PASSING_AT_FIRST);
    }

    /** Of all VFs: what a person can cure comes first, then what only needs time, then what is well; spare VFs last. */
    public Reason reason() {
        return findings.values().stream()
                .map(Finding::reason)
                .min(Comparator.comparingInt(PodVerdict::urgency))
                .orElse(Reason.WaitingForSandbox);
    }

    private static int urgency(Reason reason) {
        if (reason.settled()) {
            return reason == Reason.Spare ? 3 : 2;
        }
        return reason.transitional() ? 1 : 0;
    }

    /** Facts about each VF, in the order of their addresses; names the reason where it is not the pod's. */
    public String detail() {
        Reason overall = reason();
        return findings.values().stream()
                .map(finding ->
                        finding.reason() == overall ? finding.detail() : finding.reason() + ": " + finding.detail())
                .collect(Collectors.joining("; "));
    }
}
