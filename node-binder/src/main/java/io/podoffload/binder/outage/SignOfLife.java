package io.podoffload.binder.outage;

import java.time.Duration;
import java.util.function.LongSupplier;

/** When something that must never stop last showed that it goes on. */
public final class SignOfLife {

    private final LongSupplier nanoTime;
    private volatile long last;

    /** The first sign. */
    public SignOfLife() {
        this(System::nanoTime);
    }

    SignOfLife(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.last = nanoTime.getAsLong();
    }

    /** It goes on. */
    public void show() {
        last = nanoTime.getAsLong();
    }

    /** How long ago that was. */
    public Duration age() {
        return Duration.ofNanos(nanoTime.getAsLong() - last);
    }
}
