package io.podoffload.binder.kube;

import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.kube.NodeReport.Contents;
import io.podoffload.binder.kube.NodeReport.Vf;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * When the node's report is due. Each write goes to etcd and to every webhook, so a pod's way from create to delete is worth two:
 * it is bound, and its VF is free again. Not safe for use by several threads.
 */
final class ReportPace {

    /** How much traffic there is changes all the time. */
    private static final long SHARES_EVERY = TimeUnit.MINUTES.toNanos(1);

    /** Every pod waits while it starts and while it ends. */
    private static final long PASSING = TimeUnit.SECONDS.toNanos(10);

    private Contents written = Contents.NONE;
    private OptionalLong writtenAt = OptionalLong.empty();
    private OptionalLong waitingSince = OptionalLong.empty();

    /** @param now by {@link System#nanoTime()}, like all times here */
    boolean isDue(Contents contents, long now) {
        if (writtenAt.isEmpty()) {
            return true; // a node without VFs reports that it has none
        }
        if (contents.steady().equals(written.steady())) {
            waitingSince = OptionalLong.empty();
            return !contents.equals(written) && now - writtenAt.getAsLong() >= SHARES_EVERY;
        }
        if (!onlyPodsWait(contents)) {
            return true;
        }
        if (waitingSince.isEmpty()) {
            waitingSince = OptionalLong.of(now);
        }
        return now - waitingSince.getAsLong() >= PASSING;
    }

    void written(Contents contents, long now) {
        written = contents;
        writtenAt = OptionalLong.of(now);
        waitingSince = OptionalLong.empty();
    }

    /** Whether each VF that differs from what was written waits with its pod; one that waits without a pod is being released. */
    private boolean onlyPodsWait(Contents contents) {
        if (!contents.resources().equals(written.resources())) {
            return false;
        }
        Map<String, Vf> before = new HashMap<>();
        written.vfs().forEach(vf -> before.put(vf.pci(), vf.withoutShare()));
        for (Vf vf : contents.vfs()) {
            boolean same = vf.withoutShare().equals(before.remove(vf.pci()));
            if (!same && !(vf.pod() != null && vf.severity().equals(Reason.Severity.WAIT.toString()))) {
                return false;
            }
        }
        return before.isEmpty();
    }
}
