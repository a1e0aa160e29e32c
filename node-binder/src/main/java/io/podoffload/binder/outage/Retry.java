package io.podoffload.binder.outage;

import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tries a task again after pauses that grow. However many failures ask for it, one try is pending at a time. */
public final class Retry {

    private static final Logger LOG = LoggerFactory.getLogger(Retry.class);

    private final ScheduledExecutorService thread;
    private final Pauses pauses;
    private final Runnable task;
    private boolean pending; // guarded by this
    private int tries; // guarded by this

    public Retry(ScheduledExecutorService thread, Pauses pauses, Runnable task) {
        this.thread = thread;
        this.pauses = pauses;
        this.task = task;
    }

    /** The task failed, or what it would make good: it is tried again, unless that is to happen anyhow. */
    public synchronized void later() {
        if (pending) {
            return;
        }
        long pause = pauses.millis(tries);
        try {
            Future<?> unused = thread.schedule(this::run, pause, TimeUnit.MILLISECONDS);
            pending = true;
            tries++;
        } catch (RejectedExecutionException e) {
            LOG.debug("nothing is tried again at the end of the program", e);
        }
    }

    /** The task succeeded: the pauses begin with the shortest again. */
    public synchronized void succeeded() {
        tries = 0;
    }

    private void run() {
        synchronized (this) {
            pending = false;
        }
        task.run();
    }
}
