package io.podoffload.binder.reconcile;

import io.podoffload.binder.outage.Complaint;
import io.podoffload.binder.reconcile.KeyState.Phase;
import io.podoffload.binder.reconcile.Reconciler.Next;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at things when asked to, by their keys: each by one thread at a time, several side by side. One that is not right yet is
 * looked at again after a pause that doubles each time.
 */
public final class WorkQueue<K> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(WorkQueue.class);

    private final String kind;
    private final Function<K, Next> reconcile;
    private final ScheduledThreadPoolExecutor workers;
    private final Map<K, Entry> entries = new HashMap<>(); // guarded by this
    private final List<Runnable> whenDone = new ArrayList<>(); // guarded by this

    /**
     * @param kind what its keys name, for the log
     * @param threads how many keys are looked at side by side
     */
    public WorkQueue(String kind, int threads, Function<K, Next> reconcile) {
        this.kind = kind;
        this.reconcile = reconcile;
        this.workers = new ScheduledThreadPoolExecutor(threads, task -> {
            Thread thread = new Thread(task, "reconcile " + kind);
            thread.setDaemon(true);
            return thread;
        });
        workers.setRemoveOnCancelPolicy(true);
        workers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    private long looks; // guarded by this

    private static final class Entry {
        private KeyState state = KeyState.unknown(System.nanoTime());
        private long runningSince;
        private final Complaint complaint = new Complaint(LOG);
        private @Nullable Future<?> waiting;
    }

    /** Something happened to it: looks at it now, or once more if it is being looked at. */
    public synchronized void look(K key) {
        update(key, entry(key), state -> state.onEvent(System.nanoTime()));
    }

    /**
     * Something happened to it that may be nothing but what the binder's own change brought about: looks at it now or, if it has just
     * been changed and waits for OVN, after a pause.
     */
    public synchronized void lookUnlessQuiet(K key) {
        update(key, entry(key), state -> state.onEcho(System.nanoTime()));
    }

    private Entry entry(K key) {
        return entries.computeIfAbsent(key, unknown -> new Entry());
    }

    /** A look that is due at another time than before is scheduled anew. */
    private synchronized void update(K key, Entry entry, UnaryOperator<KeyState> change) {
        KeyState before = entry.state;
        entry.state = change.apply(before);
        boolean isScheduled = before.phase() == Phase.DUE && before.dueAt() == entry.state.dueAt();
        if (entry.state.phase() != Phase.DUE || isScheduled || workers.isShutdown()) {
            return;
        }
        if (entry.waiting != null) {
            entry.waiting.cancel(false);
        }
        entry.waiting = workers.schedule(
                () -> run(key, entry), Math.max(0, entry.state.dueAt() - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    /** Calls {@code then} once when no look is due or under way, at once if that is so now. */
    public synchronized void whenDone(Runnable then) {
        if (depth() == 0) {
            then.run();
        } else {
            whenDone.add(then);
        }
    }

    /** How many keys are not as they should be, and will be looked at again. */
    public synchronized long unsettled() {
        return entries.values().stream().filter(entry -> !entry.state.settled()).count();
    }

    /** How many looks began since the start. */
    public synchronized long looks() {
        return looks;
    }

    /** How many looks are due or under way. */
    public synchronized long depth() {
        long now = System.nanoTime();
        return entries.values().stream()
                .filter(entry -> entry.state.phase() == Phase.RUNNING || entry.state.isDue(now))
                .count();
    }

    /** How long the look has lasted that is under way for longest; zero if none is. */
    public synchronized Duration longestLook() {
        long now = System.nanoTime();
        return Duration.ofNanos(entries.values().stream()
                .filter(entry -> entry.state.phase() == Phase.RUNNING)
                .mapToLong(entry -> now - entry.runningSince)
                .max()
                .orElse(0));
    }

    private void run(K key, Entry entry) {
        synchronized (this) {
            long now = System.nanoTime();
            if (!entry.state.isDue(now)) {
                return; // it was cancelled too late
            }
            entry.runningSince = now;
            looks++;
            update(key, entry, KeyState::begin);
        }
        Next next = Next.LATER;
        try {
            next = reconcile.apply(key);
            entry.complaint.succeeded();
        } catch (RuntimeException e) {
            entry.complaint.failed("cannot look at " + kind + " " + key + ", trying again", e);
        } finally {
            finish(key, entry, next);
        }
    }

    private synchronized void finish(K key, Entry entry, Next next) {
        update(key, entry, state -> state.finish(next, System.nanoTime()));
        if (next == Next.ON_EVENT && entry.state.phase() == Phase.IDLE) {
            entries.remove(key); // nothing of it need be remembered
        }
        if (!whenDone.isEmpty() && depth() == 0) {
            whenDone.forEach(Runnable::run);
            whenDone.clear();
        }
    }

    /** Lets the VFs that are being looked at come to their end, so that no plan stops half-way for a restart. */
    @Override
    public void close() {
        workers.shutdown();
        try {
            if (!workers.awaitTermination(20, TimeUnit.SECONDS)) {
                LOG.warn("a VF is still being changed; the next start goes on with it");
                workers.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
