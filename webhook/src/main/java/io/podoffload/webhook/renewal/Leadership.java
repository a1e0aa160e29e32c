package io.podoffload.webhook.renewal;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which of the replicas renews: the one that holds the Lease. It spares the others the work; it is not what makes it safe. */
final class Leadership implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);
    private static final Duration HELD_FOR = Duration.ofSeconds(30);
    private static final Duration GIVEN_UP_AFTER = Duration.ofSeconds(20);
    private static final Duration ASKED_EVERY = Duration.ofSeconds(5);

    private final KubernetesClient client;
    private final LeaseLock lock;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "lease");
        thread.setDaemon(true);
        return thread;
    });
    private final Runnable onLeading;
    private volatile boolean leading;
    private volatile boolean running;
    private volatile @Nullable CompletableFuture<?> election;

    Leadership(KubernetesClient client, String namespace, String lease, Runnable onLeading) {
        this.client = client;
        this.onLeading = onLeading;
        String self = Objects.requireNonNullElse(System.getenv("HOSTNAME"), "webhook") + "-"
                + UUID.randomUUID().toString().substring(0, 8);
        lock = new LeaseLock(namespace, lease, self);
    }

    void start() {
        running = true;
        stand();
    }

    private void stand() {
        CompletableFuture<?> standing = new LeaderElector(
                        client,
                        new LeaderElectionConfigBuilder()
                                .withName("certificates")
                                .withLock(lock)
                                .withLeaseDuration(HELD_FOR)
                                .withRenewDeadline(GIVEN_UP_AFTER)
                                .withRetryPeriod(ASKED_EVERY)
                                .withReleaseOnCancel(true)
                                .withLeaderCallbacks(new LeaderCallbacks(this::lead, this::follow, leader -> {}))
                                .build(),
                        executor)
                .start();
        election = standing;
        var unused = standing.whenCompleteAsync(
                (nothing, failure) -> {
                    follow();
                    if (running) {
                        LOG.warn("standing for the Lease {} anew", lock.describe(), failure);
                        stand();
                    }
                },
                CompletableFuture.delayedExecutor(ASKED_EVERY.toSeconds(), TimeUnit.SECONDS));
    }

    private void lead() {
        LOG.info("this replica renews the certificates");
        leading = true;
        onLeading.run();
    }

    private void follow() {
        leading = false;
    }

    boolean isLeading() {
        return leading;
    }

    @Override
    public void close() {
        running = false;
        CompletableFuture<?> standing = election;
        if (standing != null) {
            standing.cancel(true);
        }
    }
}
