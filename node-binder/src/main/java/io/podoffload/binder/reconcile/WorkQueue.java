package io.podoffload.binder.reconcile;

import io.podoffload.binder.outage.Complaint;
import io.podoffload.binder.outage.Pauses;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at things when asked to, by their keys: each by one thread at a time, several side by side. One that is not right yet is
 * looked at again after a pause that doubles each time.
 */
public final class WorkQueue<K> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(WorkQueue.class);

    /** A VF that needs changes again and again fights with somebody, and must not do so without a pause. */
    private static final int CHANGES_AT_ONCE = 3;

    private static final long FIRST_PAUSE_MILLIS = 50;

    /** Between looks at a VF that is left alone, however many events of it come: the next may tell of another pod. */
    private static final long ALONE_MILLIS = 1_000;

    private static final Pauses PAUSES = new Pauses(Duration.ofMillis(FIRST_PAUSE_MILLIS), Duration.ofSeconds(10));

    /** A driver makes PCI device, netdev and representor one after the other, and no event tells when a VF is complete. */
    private static final Pauses UNTIL_THERE = new Pauses(Duration.ofSeconds(1), Duration.ofMinutes(1));

    /** Two minutes; after that the resync finds it, which comes every five. */
    private static final int LOOKS_UNTIL_THERE = 7;

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

    private static final class Entry {
        private boolean running;
        private boolean again;
        private boolean echoed;
        private boolean settled;
        private boolean due;
        private int attempts;
        private long turn;
        private int looksWhileMissing;
        private final Complaint complaint = new Complaint(LOG);
        private long quietUntil = System.nanoTime();
        private long aloneUntil = System.nanoTime();
        private @Nullable Future<?> waiting;
    }

    /** Something happened to the VF: looks at it now, or once more if it is being looked at. */
    public synchronized void look(K key) {
        Entry entry = entries.computeIfAbsent(key, unknown -> new Entry());
        entry.attempts = 0;
        entry.looksWhileMissing = 0;
        if (entry.running) {
            entry.again = true;
        } else {
            schedule(key, entry, Math.max(0, TimeUnit.NANOSECONDS.toMillis(entry.aloneUntil - System.nanoTime())));
        }
    }

    /**
     * Something happened to the VF that may be nothing but what the binder's own change brought about: looks at it now or,
     * if it has just been changed and waits for OVN, which needs the CPU more, after a pause.
     */
    public synchronized void lookUnlessQuiet(K key) {
        Entry entry = entries.computeIfAbsent(key, unknown -> new Entry());
        if (entry.running) {
            entry.echoed = true;
        } else if (System.nanoTime() - entry.quietUntil >= 0) {
            look(key);
        } else if (!entry.due) {
            schedule(key, entry, FIRST_PAUSE_MILLIS);
        }
    }

    /** Calls {@code then} once when no look is due or under way, at once if that is so now. */
    public synchronized void whenDone(Runnable then) {
        if (depth() == 0) {
            then.run();
        } else {
            whenDone.add(then);
        }
    }

    /** How many VFs are not as they should be, and will be looked at again. */
    public synchronized long unsettled() {
        return entries.values().stream().filter(entry -> !entry.settled).count();
    }

    /** How many looks are due or under way. */
    public synchronized long depth() {
        return entries.values().stream()
                .filter(entry -> entry.running || entry.due)
                .count();
    }

    private synchronized void schedule(K key, Entry entry, long millis) {
        if (entry.waiting != null) {
            entry.waiting.cancel(false);
        }
        entry.due = millis == 0;
        if (!workers.isShutdown()) {
            long turn = ++entry.turn;
            entry.waiting = workers.schedule(() -> run(key, entry, turn), millis, TimeUnit.MILLISECONDS);
        }
    }

    private void run(K key, Entry entry, long turn) {
        synchronized (this) {
            if (turn != entry.turn) {
                return; // it was cancelled too late
            }
            if (entry.running) {
                entry.again = true;
                return;
            }
            entry.running = true;
            entry.due = false;
            entry.again = false;
            entry.echoed = false;
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
        entry.running = false;
        entry.settled = next == Next.ON_EVENT || next == Next.UNTIL_THERE;
        if (next == Next.ON_EVENT) {
            entry.attempts = 0;
        } else {
            entry.attempts++;
        }
        entry.looksWhileMissing = next == Next.UNTIL_THERE ? entry.looksWhileMissing + 1 : 0;
        if (next == Next.ON_NEWS) {
            entry.quietUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FIRST_PAUSE_MILLIS);
        }
        if (next == Next.LEFT_ALONE) {
            entry.aloneUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ALONE_MILLIS);
            schedule(
                    key,
                    entry,
                    entry.again || entry.echoed
                            ? ALONE_MILLIS
                            : PAUSES.longest().toMillis());
        } else if (entry.again || (entry.echoed && next != Next.ON_NEWS)) {
            schedule(key, entry, 0);
        } else if (next == Next.AT_ONCE && entry.attempts <= CHANGES_AT_ONCE) {
            schedule(key, entry, 0);
        } else if (entry.echoed) {
            schedule(key, entry, FIRST_PAUSE_MILLIS);
        } else if (next == Next.UNTIL_THERE) {
            if (entry.looksWhileMissing <= LOOKS_UNTIL_THERE) {
                schedule(key, entry, UNTIL_THERE.millis(entry.looksWhileMissing - 1));
            }
        } else if (next != Next.ON_EVENT) {
            schedule(key, entry, PAUSES.millis(entry.attempts - 1));
        }
        if (next == Next.ON_EVENT && !entry.due && !entry.running) {
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
