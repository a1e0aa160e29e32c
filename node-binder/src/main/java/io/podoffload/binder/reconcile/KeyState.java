package io.podoffload.binder.reconcile;

import io.podoffload.binder.outage.Pauses;
import io.podoffload.binder.reconcile.Reconciler.Next;
import java.time.Duration;

/**
 * Where one key of a {@link WorkQueue} is between two looks, and when it is to be looked at next. Pure: each event gives the next state.
 * Times are those of {@link System#nanoTime()}.
 *
 * <pre>
 * IDLE --event--> DUE --begin--> RUNNING --finish--> IDLE or DUE
 * </pre>
 *
 * @param dueAt when the next look is due, if it is DUE
 * @param news what happened while the look is RUNNING
 * @param attempts looks in a row after which it was not right, since the last event
 * @param missing looks in a row that found no such thing
 * @param quietUntil until when an echo of its own change is no news
 * @param aloneUntil until when no event leads to a look
 * @param settled whether the last look found it as it should be
 */
record KeyState(
        Phase phase,
        long dueAt,
        News news,
        int attempts,
        int missing,
        long quietUntil,
        long aloneUntil,
        boolean settled) {

    /** A key that needs changes again and again fights with somebody, and must not do so without a pause. */
    private static final int CHANGES_AT_ONCE = 3;

    /** After a change that OVN acts on, which needs the CPU more. */
    static final Duration QUIET = Duration.ofMillis(50);

    /** Between looks at a key that is left alone, however many events of it come: the next may tell of another pod. */
    static final Duration ALONE = Duration.ofSeconds(1);

    static final Pauses PAUSES = new Pauses(QUIET, Duration.ofSeconds(10));

    /** A driver makes PCI device, netdev and representor one after the other, and no event tells when a VF is complete. */
    static final Pauses UNTIL_THERE = new Pauses(Duration.ofSeconds(1), Duration.ofMinutes(1));

    /** Two minutes; after that the resync finds it, which comes every five. */
    static final int LOOKS_UNTIL_THERE = 7;

    enum Phase {
        IDLE,
        DUE,
        RUNNING
    }

    /** In the order of their weight. */
    enum News {
        NONE,
        /** Maybe nothing but what its own change brought about. */
        ECHO,
        EVENT
    }

    /** A key that nothing is known of. */
    static KeyState unknown(long now) {
        return new KeyState(Phase.IDLE, 0, News.NONE, 0, 0, now, now, false);
    }

    /** Something happened. */
    KeyState onEvent(long now) {
        KeyState fresh = with(0, 0);
        if (phase == Phase.RUNNING) {
            return fresh.with(News.EVENT);
        }
        long soonest = latest(now, aloneUntil);
        return phase == Phase.DUE && dueAt - soonest <= 0 ? fresh : fresh.dueAt(soonest); // and it keeps its turn
    }

    /** Something happened that may be an echo. */
    KeyState onEcho(long now) {
        if (phase == Phase.RUNNING) {
            return news == News.NONE ? with(News.ECHO) : this;
        }
        if (now - quietUntil >= 0) {
            return onEvent(now);
        }
        long rested = latest(quietUntil, aloneUntil);
        return phase == Phase.DUE && dueAt - rested <= 0 ? this : dueAt(rested);
    }

    /** Whether its look is to begin. */
    boolean isDue(long now) {
        return phase == Phase.DUE && dueAt - now <= 0;
    }

    /** A look begins. */
    KeyState begin() {
        return new KeyState(Phase.RUNNING, 0, News.NONE, attempts, missing, quietUntil, aloneUntil, settled);
    }

    /** The look is over. */
    KeyState finish(Next next, long now) {
        KeyState found = new KeyState(
                Phase.IDLE,
                0,
                News.NONE,
                next == Next.ON_EVENT ? 0 : attempts + 1,
                next == Next.UNTIL_THERE ? missing + 1 : 0,
                next == Next.ON_NEWS ? now + QUIET.toNanos() : quietUntil,
                next == Next.LEFT_ALONE ? now + ALONE.toNanos() : aloneUntil,
                next == Next.ON_EVENT || next == Next.UNTIL_THERE);
        if (next == Next.LEFT_ALONE) {
            return found.dueIn(news == News.NONE ? PAUSES.longest() : ALONE, now);
        }
        if (news == News.EVENT
                || (news == News.ECHO && next != Next.ON_NEWS)
                || (next == Next.AT_ONCE && found.attempts <= CHANGES_AT_ONCE)) {
            return found.dueAt(now);
        }
        if (news == News.ECHO) {
            return found.dueIn(QUIET, now);
        }
        return switch (next) {
            case ON_EVENT -> found;
            case UNTIL_THERE ->
                found.missing > LOOKS_UNTIL_THERE
                        ? found
                        : found.dueIn(Duration.ofMillis(UNTIL_THERE.millis(found.missing - 1)), now);
            default -> found.dueIn(Duration.ofMillis(PAUSES.millis(found.attempts - 1)), now);
        };
    }

    private static long latest(long one, long other) {
        return one - other >= 0 ? one : other;
    }

    private KeyState dueIn(Duration pause, long now) {
        return dueAt(now + pause.toNanos());
    }

    private KeyState dueAt(long time) {
        return new KeyState(Phase.DUE, time, news, attempts, missing, quietUntil, aloneUntil, settled);
    }

    private KeyState with(News other) {
        return new KeyState(phase, dueAt, other, attempts, missing, quietUntil, aloneUntil, settled);
    }

    private KeyState with(int otherAttempts, int otherMissing) {
        return new KeyState(phase, dueAt, news, otherAttempts, otherMissing, quietUntil, aloneUntil, settled);
    }
}
