package io.podoffload.binder.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.podoffload.binder.outage.Complaint;
import io.podoffload.binder.outage.SignOfLife;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a watch of the API server going, whatever ends it, and logs once when there is none and once when there is one again. */
public final class Watching {

    private static final Logger LOG = LoggerFactory.getLogger(Watching.class);
    private static final int SECONDS_WITHOUT_WATCH = 3;

    /** The client tries the first list again and again before it says that it failed. */
    private static final int SECONDS_UNTIL_FIRST_WATCH = 10;

    private final SharedIndexInformer<?> informer;
    private final ApiServer api;
    private final String failure;
    private final Complaint refused = new Complaint(LOG);
    private final SignOfLife seen = new SignOfLife();
    private volatile boolean failed;
    private int secondsAllowed = SECONDS_UNTIL_FIRST_WATCH; // guarded by this
    private int secondsWithout; // guarded by this

    /** @param failure a sentence, without a full stop, for the log when there is no watch */
    Watching(SharedIndexInformer<?> informer, ApiServer api, String failure) {
        this.informer = informer;
        this.api = api;
        this.failure = failure;
    }

    /**
     * Begins to watch; an API server that is away is asked again and again.
     *
     * @return completes once the first list is complete; before that absence would mean nothing
     */
    CompletionStage<Void> start() {
        informer.exceptionHandler((started, cause) -> {
            failed = true;
            String sentence = failure + ": " + cause.getMessage();
            if (cause instanceof KubernetesClientException refusal && !ApiServer.isOutage(refusal)) {
                refused.failed(failure, refusal);
            } else {
                api.away(sentence);
                LOG.debug("{}", sentence, cause);
            }
            return true;
        });
        return informer.start().thenRun(this::notice);
    }

    /**
     * To be called each second: the client says neither that a watch ended nor that there is one again. API servers end watches
     * now and then, so that only one that stays away is worth a line.
     */
    public synchronized void notice() {
        if (!informer.isWatching()) {
            secondsWithout++;
            if (secondsWithout == secondsAllowed) {
                failed = true;
                api.away(failure);
            }
            return;
        }
        seen.show();
        secondsWithout = 0;
        secondsAllowed = SECONDS_WITHOUT_WATCH;
        if (failed) {
            failed = false;
            refused.succeeded();
            api.answered();
        }
    }

    public boolean isWatching() {
        return informer.isWatching();
    }

    /** How long there has been no watch. */
    public Duration silentFor() {
        return informer.isWatching() ? Duration.ZERO : seen.age();
    }

    /** The same of a watch that the client does not begin again. */
    public Duration endedFor() {
        return informer.isRunning() ? Duration.ZERO : seen.age();
    }
}
