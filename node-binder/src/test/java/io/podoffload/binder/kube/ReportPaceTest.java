package io.podoffload.binder.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.kube.NodeReport.Contents;
import io.podoffload.binder.kube.NodeReport.Vf;
import io.podoffload.binder.offload.OffloadVerdict;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReportPaceTest {

    private static final String POD = "default/web";

    private final ReportPace pace = new ReportPace();

    @BeforeEach
    void writeTheFirst() {
        Contents first = node(vf("0", Reason.Free, null), vf("1", Reason.Free, null));
        assertThat(pace.isDue(first, at(0))).as("nothing was written yet").isTrue();
        pace.written(first, at(0));
    }

    @Test
    void aNodeWithoutVfsReportsOnce() {
        ReportPace other = new ReportPace();

        assertThat(other.isDue(Contents.NONE, at(0))).isTrue();
        other.written(Contents.NONE, at(0));
        assertThat(other.isDue(Contents.NONE, at(100))).isFalse();
    }

    /** Of a clock that may begin anywhere. */
    private static long at(int seconds) {
        return Long.MAX_VALUE - 1 + TimeUnit.SECONDS.toNanos(seconds);
    }

    private static Vf vf(String function, Reason reason, @Nullable String pod) {
        return vf(function, reason, pod, 0);
    }

    private static Vf vf(String function, Reason reason, @Nullable String pod, double share) {
        return new Vf(
                "0000:03:00." + function,
                "enp3s0f0",
                "enp3s0f0_" + function,
                reason,
                reason.severity().toString(),
                "",
                pod,
                Instant.EPOCH,
                reason.binds() ? OffloadVerdict.NoTraffic : null,
                share);
    }

    private static Contents node(Vf... vfs) {
        return new Contents(Map.of("mellanox.com/vf", 2), List.of(vfs), List.of());
    }

    private boolean isDue(int second, Vf... vfs) {
        return pace.isDue(node(vfs), at(second));
    }

    @Test
    void aPodFromCreateToDeleteIsWorthTwoWrites() {
        Vf other = vf("1", Reason.Free, null);
        assertThat(isDue(5, vf("0", Reason.WaitingForSandbox, POD), other)).isFalse();
        assertThat(isDue(10, vf("0", Reason.WaitingForOvn, POD), other)).isFalse();
        Contents bound = node(vf("0", Reason.Bound, POD), other);
        assertThat(pace.isDue(bound, at(14))).isTrue();
        pace.written(bound, at(14));

        assertThat(isDue(20, vf("0", Reason.Bound, POD), other)).isFalse();
        assertThat(isDue(500, vf("0", Reason.WaitingForSandbox, POD), other)).isFalse();
        assertThat(isDue(505, vf("0", Reason.Free, null), other)).isTrue();
    }

    @Test
    void aPodThatWaitsForLongIsReported() {
        assertThat(isDue(5, vf("0", Reason.WaitingForOvn, POD), vf("1", Reason.Free, null)))
                .isFalse();
        assertThat(isDue(15, vf("0", Reason.WaitingForOvn, POD), vf("1", Reason.Free, null)))
                .isTrue();
    }

    @Test
    void aWaitThatCameToNothingIsForgotten() {
        assertThat(isDue(5, vf("0", Reason.WaitingForOvn, POD), vf("1", Reason.Free, null)))
                .isFalse();
        assertThat(isDue(10, vf("0", Reason.Free, null), vf("1", Reason.Free, null)))
                .isFalse();
        assertThat(isDue(15, vf("0", Reason.WaitingForOvn, POD), vf("1", Reason.Free, null)))
                .isFalse();
    }

    @Test
    void whatSomebodyHasToCureAndAReleaseAreReportedAtOnce() {
        assertThat(isDue(5, vf("0", Reason.WrongMac, POD), vf("1", Reason.WaitingForOvn, POD)))
                .isTrue();
        assertThat(isDue(5, vf("0", Reason.WaitingForVf, null), vf("1", Reason.Free, null)))
                .as("the uninstall hook waits for it")
                .isTrue();
        assertThat(isDue(5, vf("0", Reason.Free, null))).as("a VF went").isTrue();
    }

    @Test
    void sharesAreReportedOnceAMinute() {
        Contents bound = node(vf("0", Reason.Bound, POD, 0.5));
        pace.written(bound, at(0));

        assertThat(isDue(59, vf("0", Reason.Bound, POD, 0.7))).isFalse();
        assertThat(isDue(60, vf("0", Reason.Bound, POD, 0.7))).isTrue();
        assertThat(isDue(60, vf("0", Reason.Bound, POD, 0.5))).as("no news").isFalse();
    }
}
