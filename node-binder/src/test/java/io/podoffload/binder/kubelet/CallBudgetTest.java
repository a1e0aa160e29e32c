package io.podoffload.binder.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CallBudgetTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private long now = Long.MAX_VALUE - SECOND; // nanoTime may overflow
    private final CallBudget budget = new CallBudget(8, 10, () -> now);

    @Test
    void afterARestItAllowsSomeAtOnceAndKeepsSome() {
        for (int call = 0; call < 6; call++) {
            assertThat(budget.take(2)).isTrue();
        }
        assertThat(budget.take(2)).isFalse();
        assertThat(budget.takeInAdvance()).isEqualTo(now);
        assertThat(budget.takeInAdvance()).isEqualTo(now);
        assertThat(budget.takeInAdvance()).as("the ninth waits").isEqualTo(now + SECOND / 10);
    }

    @Test
    void whateverIsAskedForItAllowsNoMoreThanItsRate() {
        long seed = Long.getLong("seed", new Random().nextLong());
        Random random = new Random(seed);
        long begin = now;
        long calls = 0;
        long last = now;
        for (int turn = 0; turn < 10_000; turn++) {
            now += random.nextLong(SECOND / 5);
            if (random.nextBoolean()) {
                calls += budget.take(2) ? 1 : 0;
            } else {
                last = Math.max(last - now, budget.takeInAdvance() - now) + now;
                calls++;
            }
        }
        long seconds = (Math.max(now - begin, last - begin)) / SECOND + 1;
        assertThat(calls).as("seed " + seed).isLessThanOrEqualTo(8 + 10 * seconds);
    }
}
