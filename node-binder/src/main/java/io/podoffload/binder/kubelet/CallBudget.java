package io.podoffload.binder.kubelet;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/** So many calls at once, after a rest, and so many a second: a token bucket. */
final class CallBudget {

    private final long full;
    private final long nanosPerCall;
    private final LongSupplier nanoTime;
    private long saved; // nanoseconds of rest; guarded by this
    private long asOf; // guarded by this

    CallBudget(int atOnce, int perSecond, LongSupplier nanoTime) {
        this.nanosPerCall = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.full = atOnce * nanosPerCall;
        this.nanoTime = nanoTime;
        this.saved = full;
        this.asOf = nanoTime.getAsLong();
    }

    /** Takes a call if more than {@code kept} are left. */
    synchronized boolean take(int kept) {
        rest();
        if (saved < (kept + 1) * nanosPerCall) {
            return false;
        }
        saved -= nanosPerCall;
        return true;
    }

    /** Takes a call, and waits for it if none is left. */
    void await() {
        long due = takeInAdvance();
        for (long left = due - nanoTime.getAsLong(); left > 0; left = due - nanoTime.getAsLong()) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                return; // the program ends
            }
        }
    }

    /** Takes a call; when it may be made. */
    synchronized long takeInAdvance() {
        rest();
        saved -= nanosPerCall;
        return asOf + Math.max(0, -saved);
    }

    private void rest() {
        long now = nanoTime.getAsLong();
        saved = Math.min(full, saved + (now - asOf));
        asOf = now;
    }
}
