package io.podoffload.binder;

import io.podoffload.binder.outage.Complaint;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;

/** Tasks that run now and again on one thread; one that fails waits for its next turn. */
final class Periodic {

    private final ScheduledExecutorService thread;
    private final Logger log;

    Periodic(ScheduledExecutorService thread, Logger log) {
        this.thread = thread;
        this.log = log;
    }

    /** @param what a sentence for the log that says what did not happen, and ends before the cause */
    void every(long millis, String what, Runnable task) {
        Complaint complaint = new Complaint(log);
        Future<?> unused = thread.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                        complaint.succeeded();
                    } catch (RuntimeException e) {
                        complaint.failed(what, e);
                    }
                },
                0,
                millis,
                TimeUnit.MILLISECONDS);
    }
}
