package io.podoffload.binder.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.PciAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ChangeBudgetTest {

    private static final PciAddress VF = new PciAddress("0000:03:00.2");
    private static final Optional<String> POD = Optional.of("uid-1/sandbox-1");
    private static final Optional<String> NONE = Optional.empty();

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // nanoTime may overflow
    private final ChangeBudget budget = new ChangeBudget(now::get);

    private int takeAll(Optional<String> holder) {
        int taken = 0;
        while (budget.take(VF, holder)) {
            taken++;
        }
        return taken;
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void aVfThatIsChangedThirtyTimesAtOnceIsContested() {
        assertThat(budget.isContested(VF, POD)).isFalse();

        assertThat(takeAll(POD)).isEqualTo(30);

        assertThat(budget.isContested(VF, POD)).isTrue();
        assertThat(budget.isContested(new PciAddress("0000:03:00.3"), POD)).isFalse();
    }

    @Test
    void onlyTimeRefillsIt() {
        takeAll(POD);

        pass(Duration.ofSeconds(9));
        assertThat(budget.take(VF, POD)).isFalse();
        pass(Duration.ofSeconds(1));
        assertThat(takeAll(POD)).isEqualTo(1);

        pass(Duration.ofSeconds(149));
        assertThat(budget.isContested(VF, POD)).isTrue();
        pass(Duration.ofSeconds(1));
        assertThat(budget.isContested(VF, POD)).isFalse();
        pass(Duration.ofDays(1));
        assertThat(takeAll(POD)).isEqualTo(30);
    }

    /** The release of a pod is of its budget, and the next pod has its own. */
    @Test
    void theNextHolderHasABudgetOfItsOwn() {
        takeAll(POD);

        assertThat(budget.take(VF, NONE)).isFalse();
        assertThat(takeAll(Optional.of("uid-1/sandbox-2"))).isEqualTo(30);
        assertThat(budget.take(VF, NONE)).isFalse();
    }
}
