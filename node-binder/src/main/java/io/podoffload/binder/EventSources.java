package io.podoffload.binder;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.Port;
import io.podoffload.binder.binding.Sandbox;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.outage.Complaint;
import io.podoffload.binder.outage.Pauses;
import io.podoffload.binder.outage.Retry;
import io.podoffload.binder.reconcile.VfWatch;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where events come in: taken off their sources' threads at once, and followed one after the other by a thread that never blocks.
 * When events may have been missed every VF is looked at again, by another thread, since the kubelet and the runtime are asked for
 * their lists then. Before the first look is done nothing is followed: it reads everything.
 */
final class EventSources {

    private static final Logger LOG = LoggerFactory.getLogger(EventSources.class);
    private static final Pauses PAUSES = new Pauses(Duration.ofSeconds(1), Duration.ofSeconds(10));

    private final ScheduledThreadPoolExecutor thread = thread("events");
    private final ScheduledThreadPoolExecutor resyncs = thread("resync");
    private final Retry again = new Retry(resyncs, PAUSES, this::inDoubt);
    private final Complaint complaint = new Complaint(LOG);
    private final AtomicBoolean resyncAsked = new AtomicBoolean();
    private volatile @Nullable VfWatch watch;
    private volatile Runnable resync = () -> {};

    private static ScheduledThreadPoolExecutor thread(String name) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread daemon = new Thread(task, name);
            daemon.setDaemon(true);
            return daemon;
        });
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return executor;
    }

    /**
     * From now on events are followed.
     *
     * @param whenInDoubt what is done when events may have been missed
     */
    void followWith(VfWatch follower, Runnable whenInDoubt) {
        resync = whenInDoubt;
        watch = follower;
    }

    boolean areFollowed() {
        return watch != null;
    }

    void podChanged(PodView pod) {
        follow(follower -> follower.podChanged(pod));
    }

    void podGone(PodView pod) {
        follow(follower -> follower.podGone(pod));
    }

    void sandboxChanged(Sandbox sandbox) {
        follow(follower -> follower.sandboxChanged(sandbox));
    }

    void portChanged(Port row) {
        follow(follower -> follower.portChanged(row));
    }

    void linkChanged(Link link) {
        follow(follower -> follower.linkChanged(link));
    }

    /** A Subnet that a look at this VF needed was read, or could not be. */
    void subnetRead(PciAddress vf) {
        follow(follower -> follower.subnetRead(vf));
    }

    /** Events may have been missed: every VF is looked at again. */
    void inDoubt() {
        if (areFollowed() && !resyncs.isShutdown() && resyncAsked.compareAndSet(false, true)) {
            resyncs.execute(() -> {
                resyncAsked.set(false);
                run(() -> {
                    resync.run();
                    complaint.succeeded();
                    again.succeeded();
                });
            });
        }
    }

    /**
     * Runs {@code task} now and again, between events, so that it must not wait for anybody; one that fails waits for its next turn.
     *
     * @param what a sentence for the log that says what did not happen, and ends before the cause
     */
    void every(long millis, String what, Runnable task) {
        new Periodic(thread, LOG).every(millis, what, task);
    }

    /** Runs {@code task} once, between events, and again after pauses that grow while it fails. */
    void untilDone(String what, Runnable task) {
        Complaint ofTask = new Complaint(LOG);
        Retry[] retry = new Retry[1];
        Runnable attempt = () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                ofTask.failed(what, e);
                retry[0].later();
            }
        };
        retry[0] = new Retry(thread, PAUSES, attempt);
        thread.execute(attempt);
    }

    private void follow(Consumer<VfWatch> event) {
        if (thread.isShutdown()) {
            return;
        }
        thread.execute(() -> {
            VfWatch follower = watch;
            if (follower != null) {
                run(() -> event.accept(follower));
            }
        });
    }

    /**
     * A source that is down must not end the events of the others. Looking at every VF makes up for what was missed: once,
     * however many events failed.
     */
    private void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            complaint.failed("an event could not be followed, looking at every VF again soon", e);
            again.later();
        }
    }

    void close() {
        thread.shutdownNow();
        resyncs.shutdownNow();
    }
}
