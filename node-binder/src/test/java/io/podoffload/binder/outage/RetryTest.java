package io.podoffload.binder.outage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RetryTest {

    private final ScheduledThreadPoolExecutor thread = new ScheduledThreadPoolExecutor(1);

    @AfterEach
    void stop() {
        thread.shutdownNow();
    }

    @Test
    void howeverManyFailuresAskForItOneTryIsPending() {
        AtomicInteger tries = new AtomicInteger();
        Retry retry =
                new Retry(thread, new Pauses(Duration.ofMillis(200), Duration.ofSeconds(1)), tries::incrementAndGet);

        for (int failure = 0; failure < 100; failure++) {
            retry.later();
        }

        assertThat(thread.getQueue()).hasSize(1);
        Awaitility.await().until(() -> tries.get() == 1);
        assertThat(thread.getQueue()).isEmpty();
    }

    @Test
    void aTaskThatFailsIsTriedAgainUntilItSucceeds() {
        AtomicInteger tries = new AtomicInteger();
        Retry[] retry = new Retry[1];
        retry[0] = new Retry(thread, new Pauses(Duration.ofMillis(1), Duration.ofMillis(10)), () -> {
            if (tries.incrementAndGet() < 5) {
                retry[0].later();
            }
        });

        retry[0].later();

        Awaitility.await().until(() -> tries.get() == 5);
        assertThat(thread.getQueue()).isEmpty();
    }

    @Test
    void nothingIsTriedAgainAtTheEndOfTheProgram() {
        Retry retry = new Retry(thread, new Pauses(Duration.ofMillis(1), Duration.ofMillis(1)), () -> {});
        thread.shutdownNow();

        retry.later();

        assertThat(thread.getQueue()).isEmpty();
    }

    @Test
    void pausesGrowToTheLongestAndAreSpread() {
        Pauses pauses = new Pauses(Duration.ofSeconds(1), Duration.ofSeconds(10));

        assertThat(pauses.millis(0)).isBetween(500L, 1_000L);
        assertThat(pauses.millis(2)).isBetween(2_000L, 4_000L);
        assertThat(pauses.millis(4)).isBetween(5_000L, 10_000L);
        assertThat(pauses.millis(1_000_000)).isBetween(5_000L, 10_000L);
    }
}
