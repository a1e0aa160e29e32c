package io.podoffload.binder.outage;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Warns of a failure once, until what failed succeeds, or fails for another cause. */
public final class Complaint {

    private final Logger log;
    private @Nullable String last; // guarded by this

    public Complaint(Logger log) {
        this.log = log;
    }

    /**
     * It failed.
     *
     * @param what the beginning of a sentence that the cause ends
     */
    public synchronized void failed(String what, RuntimeException failure) {
        String cause = String.valueOf(failure.getMessage());
        boolean isKnown = failure instanceof Outage || Objects.equals(cause, last);
        last = cause;
        if (!isKnown) {
            log.warn("{}: {}", what, cause);
        }
        log.debug("{}", what, failure);
    }

    public synchronized void succeeded() {
        last = null;
    }
}
