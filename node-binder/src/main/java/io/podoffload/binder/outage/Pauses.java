package io.podoffload.binder.outage;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Pauses between tries: each twice as long as the one before, up to the longest, and spread by half, so that those that failed
 * together do not come back together.
 */
public record Pauses(Duration first, Duration longest) {

    private static final int MOST_DOUBLINGS = 30;

    /** @param tries how many were made before */
    public long millis(int tries) {
        long pause = Math.min(longest.toMillis(), first.toMillis() << Math.min(tries, MOST_DOUBLINGS));
        return pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
    }
}
