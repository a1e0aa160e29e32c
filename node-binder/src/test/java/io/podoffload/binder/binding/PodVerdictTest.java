package io.podoffload.binder.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PodVerdictTest {

    private static final PciAddress FIRST = new PciAddress("0000:03:00.2");
    private static final PciAddress SECOND = new PciAddress("0000:03:00.3");

    private final PodVerdict verdict = new PodVerdict();

    private void found(PciAddress vf, Reason reason, int millis) {
        verdict.put(List.of(FIRST, SECOND), vf, reason, "detail", at(millis));
    }

    /** Of a clock that may begin anywhere. */
    private static long at(int millis) {
        return Long.MAX_VALUE - 1 + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    @Test
    void whatAPersonCanCureComesBeforeWhatNeedsTimeAndWhatIsWell() {
        found(FIRST, Reason.Bound, 0);
        assertThat(verdict.reason()).as("the other is not looked at yet").isEqualTo(Reason.WaitingForSandbox);

        found(SECOND, Reason.WaitingForOvn, 0);
        assertThat(verdict.reason()).isEqualTo(Reason.WaitingForOvn);
        assertThat(verdict.detail()).isEqualTo("Bound: detail; detail");

        found(SECOND, Reason.StepFailed, 0);
        assertThat(verdict.reason()).isEqualTo(Reason.StepFailed);
    }

    @Test
    void theFirstWaitIsPassingForTenSecondsAndALaterOneForOne() {
        found(FIRST, Reason.WaitingForSandbox, 0);
        found(FIRST, Reason.WaitingForOvn, 900);

        assertThat(verdict.isPassing(at(9_999), false)).isTrue();
        assertThat(verdict.isPassing(at(10_000), false))
                .as("waits for one thing after another are one wait")
                .isFalse();
        assertThat(verdict.isPassing(at(999), true)).isTrue();
        assertThat(verdict.isPassing(at(1_000), true))
                .as("a pod that is called ready is none any more")
                .isFalse();
    }

    @Test
    void whatIsNoWaitIsNeverPassingAndTheNextWaitBeginsAnew() {
        found(FIRST, Reason.WaitingForOvn, 0);
        found(FIRST, Reason.StepFailed, 10);
        assertThat(verdict.isPassing(at(10), false)).isFalse();

        found(FIRST, Reason.WaitingForOvn, 2_000);
        assertThat(verdict.isPassing(at(2_500), true)).isTrue();

        found(FIRST, Reason.Bound, 2_600);
        found(SECOND, Reason.Bound, 2_600);
        assertThat(verdict.isPassing(at(2_600), true)).isFalse();
    }
}
