package io.podoffload.webhook.renewal;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.net.HttpURLConnection;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of the replicas renews: the one that holds the Lease. It spares the others the work; it is not what makes it safe.
 *
 * <p>Not fabric8's LeaderElector: that one creates the Lease whenever it is missing, also after an uninstall, polls it, and
 * takes it until it is cancelled. All requests are made on one thread, so that the last of them gives the Lease back.
 */
final class Leadership implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

    private final SharedLease lease;
    private final LeaseTimes times;
    private final Supplier<@Nullable MutatingWebhookConfiguration> configuration;
    private final Runnable onLeading;
    private final SharedIndexInformer<Lease> informer;
    private final String self = Objects.requireNonNullElse(System.getenv("HOSTNAME"), "webhook") + "-"
            + UUID.randomUUID().toString().substring(0, 8);
    private final ScheduledThreadPoolExecutor thread = new ScheduledThreadPoolExecutor(
            1,
            work -> {
                Thread daemon = new Thread(work, "lease");
                daemon.setDaemon(true);
                return daemon;
            },
            new ThreadPoolExecutor.DiscardPolicy());

    private volatile boolean ended;

    /** As this replica wrote it last; null where it holds none. */
    private volatile @Nullable Lease held;

    private volatile long renewedAt;

    /** Since when the Lease of another has not changed; of the thread only. Clocks of other machines say nothing. */
    private long unchangedSince;

    private String unchanged = "";

    /** @param configuration asks the API server; without a configuration nothing is to be renewed, and no Lease is created */
    Leadership(
            SharedLease lease,
            LeaseTimes times,
            Supplier<@Nullable MutatingWebhookConfiguration> configuration,
            Runnable onLeading) {
        this.lease = lease;
        this.times = times;
        this.configuration = configuration;
        this.onLeading = onLeading;
        informer = lease.watch();
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(Lease added) {
                consider();
            }

            @Override
            public void onUpdate(Lease before, Lease changed) {
                consider();
            }

            @Override
            public void onDelete(Lease gone, boolean finalStateUnknown) {
                consider();
            }
        });
        informer.exceptionHandler((started, failure) -> {
            LOG.warn("cannot watch the Lease {}, trying again: {}", lease, failure.getMessage());
            return true;
        });
    }

    void start() {
        var unused = informer.start().whenComplete((nothing, failure) -> consider());
        Future<?> ticks = thread.scheduleWithFixedDelay(
                () -> tryTo(this::renewOrStand),
                times.renewedEvery().toMillis(),
                times.renewedEvery().toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** The Lease or the webhook configuration has changed. */
    void consider() {
        thread.execute(() -> tryTo(() -> {
            if (held == null) {
                stand();
            }
        }));
    }

    private void renewOrStand() {
        Lease mine = held;
        if (mine == null) {
            stand();
        } else {
            hold(() -> lease.renew(mine));
        }
    }

    private void stand() {
        if (!informer.hasSynced()) {
            return; // the Lease may be there all the same
        }
        Lease seen = informer.getStore().list().stream().findFirst().orElse(null);
        if (seen == null) {
            MutatingWebhookConfiguration owner = configuration.get();
            if (owner != null && !ended) {
                hold(() -> lease.create(self, owner));
            }
        } else if (isFree(seen)) {
            hold(() -> lease.take(seen, self));
        }
    }

    private boolean isFree(Lease seen) {
        String version = seen.getMetadata().getResourceVersion();
        if (!version.equals(unchanged)) {
            unchanged = version;
            unchangedSince = System.nanoTime();
        }
        String holder = seen.getSpec().getHolderIdentity();
        return holder == null
                || holder.isEmpty()
                || holder.equals(self) // an answer was lost
                || System.nanoTime() - unchangedSince >= times.heldFor().toNanos();
    }

    private void hold(Supplier<Lease> write) {
        boolean before = isLeading();
        long asked = System.nanoTime();
        held = write.get();
        renewedAt = asked;
        if (!before && isLeading()) {
            LOG.info("this replica renews the certificates");
            onLeading.run();
        }
    }

    private void tryTo(Runnable step) {
        if (ended) {
            return;
        }
        try {
            step.run();
        } catch (KubernetesClientException e) {
            if (isOfAnother(e)) {
                held = null;
                LOG.debug("another replica was faster with the Lease {}, or it is gone", lease, e);
            } else {
                LOG.warn(
                        "cannot write the Lease {}, trying again in {} s: {}",
                        lease,
                        times.renewedEvery().toSeconds(),
                        e.getMessage());
                LOG.debug("cannot write the Lease {}", lease, e);
            }
        } catch (RuntimeException e) {
            LOG.error(
                    "cannot stand for the Lease {}, trying again in {} s",
                    lease,
                    times.renewedEvery().toSeconds(),
                    e);
        }
    }

    private static boolean isOfAnother(KubernetesClientException e) {
        return e.getCode() == HttpURLConnection.HTTP_CONFLICT || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
    }

    /** No longer once it could not be renewed for a while, before another may take it. */
    boolean isLeading() {
        return !ended
                && held != null
                && System.nanoTime() - renewedAt < times.givenUpAfter().toNanos();
    }

    /** Leads no more, at once; completes when the Lease is given back, if this replica holds it. */
    CompletableFuture<?> end() {
        ended = true;
        informer.stop();
        return thread.isShutdown()
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.runAsync(this::giveBack, thread);
    }

    private void giveBack() {
        Lease mine = held;
        held = null;
        if (mine == null) {
            return;
        }
        try {
            lease.giveBack(mine);
            LOG.info("the Lease {} is given back", lease);
        } catch (KubernetesClientException e) {
            if (!isOfAnother(e)) {
                LOG.warn(
                        "the Lease {} cannot be given back; another replica takes it after {} s: {}",
                        lease,
                        times.heldFor().toSeconds(),
                        e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        ended = true;
        informer.stop();
        thread.shutdownNow();
    }
}
