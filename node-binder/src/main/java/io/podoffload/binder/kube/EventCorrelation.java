package io.podoffload.binder.kube;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps Events few, by the rules and figures of client-go: one that was written within ten minutes is counted, the eleventh message of
 * one reason is combined with those that follow, and an object has 25 Events and then one each five minutes.
 *
 * @see <a href="https://pkg.go.dev/k8s.io/client-go/tools/record#EventCorrelator">EventCorrelator</a>
 */
final class EventCorrelation {

    static final int AT_ONCE = 25;
    static final int SIMILAR = 10;
    private static final long NANOS_PER_EVENT = Duration.ofMinutes(5).toNanos();
    private static final long WINDOW = Duration.ofMinutes(10).toNanos();
    private static final int OBJECTS = 1_000;
    private static final String COMBINED = "(combined from similar events): ";

    private final LongSupplier nanoTime;
    private final Map<String, Subject> subjects = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Subject> eldest) {
            return size() > OBJECTS;
        }
    };

    EventCorrelation(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * What is to be written.
     *
     * @param earlier name of the Event that is to be changed; none if a new one is to be made
     * @param count how often it happened
     */
    record Entry(Series series, Optional<String> earlier, String message, int count) {

        /** It was written, by this name. */
        void written(String name) {
            series.name = name;
        }

        /** The Event is not there any more: the same as a new one. */
        Entry anew() {
            return new Entry(series, Optional.empty(), message, count);
        }
    }

    /** Events of one message, or of many that are combined. */
    static final class Series {
        private @Nullable String name;
        private int count;
        private long last;
    }

    private static final class Subject {
        private final Map<String, Map<String, Series>> byReason = new HashMap<>(); // by message
        private long saved = AT_ONCE * NANOS_PER_EVENT;
        private long asOf;
    }

    /** @return none if there are too many Events of the object */
    synchronized Optional<Entry> next(String object, String reason, String message) {
        long now = nanoTime.getAsLong();
        Subject subject = subjects.computeIfAbsent(object, unknown -> {
            Subject created = new Subject();
            created.asOf = now;
            return created;
        });
        subject.saved = Math.min(AT_ONCE * NANOS_PER_EVENT, subject.saved + (now - subject.asOf));
        subject.asOf = now;
        if (subject.saved < NANOS_PER_EVENT) {
            return Optional.empty();
        }
        subject.saved -= NANOS_PER_EVENT;
        Map<String, Series> byMessage = subject.byReason.computeIfAbsent(reason, unknown -> new HashMap<>());
        byMessage.values().removeIf(series -> now - series.last > WINDOW);
        boolean isCombined = !byMessage.containsKey(message) && byMessage.size() >= SIMILAR;
        Series series = byMessage.computeIfAbsent(isCombined ? COMBINED : message, unknown -> new Series());
        series.count++;
        series.last = now;
        return Optional.of(new Entry(
                series, Optional.ofNullable(series.name), isCombined ? COMBINED + message : message, series.count));
    }
}
