package io.podoffload.webhook.serving;

import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.cluster.ClusterView;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Opens the listener to the API server once the cluster is known and the code is warm, and closes it in two steps: first
 * every new request is answered 503 with Retry-After, which the API server follows and which reaches another replica, and only
 * then the port and its connections go. A connection that is just closed fails the pod.
 */
@Component
final class Listener implements SmartLifecycle, ApplicationListener<WebServerInitializedEvent> {

    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Phase phase;
    private final ClusterView cluster;
    private final Duration drain;
    private final String address;
    private volatile int port;
    private volatile @Nullable Disposable opening;

    /** @param address where the server listens, if not everywhere */
    Listener(
            Phase phase,
            ClusterView cluster,
            WebhookProperties properties,
            @Value("${server.address:127.0.0.1}") String address) {
        this.address = address;
        this.phase = phase;
        this.cluster = cluster;
        this.drain = properties.drain();
    }

    @Override
    public void onApplicationEvent(WebServerInitializedEvent event) {
        if (event.getApplicationContext().getServerNamespace() == null) {
            port = event.getWebServer().getPort();
        }
    }

    @Override
    public void start() {
        opening = Mono.fromFuture(cluster::known, true)
                .then(Mono.defer(() -> new WarmUp(address, port, phase.warmUpToken(), cluster.anyNamespace()).run()))
                .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, RETRY)
                        .doBeforeRetry(attempt -> LOG.error(
                                "the webhook cannot answer its own reviews, trying again", attempt.failure())))
                .subscribe(answered -> {
                    phase.becomeReady();
                    LOG.info("ready on port {} after {} reviews of its own", port, answered);
                });
    }

    @Override
    public void stop(Runnable callback) {
        boolean serving = phase.isReady();
        stop();
        if (serving && !drain.isZero()) {
            LOG.info("new requests are sent elsewhere for {} s before the port closes", drain.toSeconds());
            Executor later = CompletableFuture.delayedExecutor(drain.toMillis(), TimeUnit.MILLISECONDS);
            later.execute(callback);
        } else {
            callback.run();
        }
    }

    @Override
    public void stop() {
        phase.drain();
        Disposable running = opening;
        if (running != null) {
            running.dispose();
        }
        opening = null;
    }

    @Override
    public boolean isRunning() {
        return opening != null;
    }

    /** The last to start, when the port listens, and the first to stop, while it does. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
