package io.podoffload.binder.outage;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program that the binder asks, and that may be away for a while. Many calls fail then; the log gets one line when it goes away,
 * and one when it is back.
 */
public final class Dependency {

    private static final Logger LOG = LoggerFactory.getLogger(Dependency.class);

    /** Calls that began before it was back may fail that long after. */
    private static final long STRAGGLERS_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String name;
    private final String meaning;
    private final LongSupplier nanoTime;
    private boolean away; // guarded by this, as are the others
    private boolean wasAway;
    private long since;

    /**
     * Describes the program.
     *
     * @param name with its article
     * @param meaning a sentence on what does not happen while it is away
     */
    public Dependency(String name, String meaning) {
        this(name, meaning, System::nanoTime);
    }

    Dependency(String name, String meaning, LongSupplier nanoTime) {
        this.name = name;
        this.meaning = meaning;
        this.nanoTime = nanoTime;
    }

    /**
     * A call failed because the program is away.
     *
     * @param cause why, without a full stop
     * @return what the caller throws
     */
    public DependencyAway away(String cause, @Nullable Throwable failure) {
        String sentence = name + " does not answer: " + cause;
        away(sentence);
        LOG.debug("{}", sentence, failure);
        return new DependencyAway(cause, failure);
    }

    /** The same, where the caller has a sentence of its own. */
    public synchronized void away(String sentence) {
        long now = nanoTime.getAsLong();
        if (away || (wasAway && now - since < STRAGGLERS_NANOS)) {
            return;
        }
        away = true;
        since = now;
        LOG.warn("{}. {}", sentence, meaning);
    }

    /** A call was answered. */
    public synchronized void answered() {
        if (away) {
            long now = nanoTime.getAsLong();
            LOG.info("{} answers again after {} s", name, TimeUnit.NANOSECONDS.toSeconds(now - since));
            away = false;
            wasAway = true;
            since = now;
        }
    }

    public synchronized boolean isAway() {
        return away;
    }
}
