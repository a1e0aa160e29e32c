package io.podoffload.binder.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.reconcile.KeyState.Phase;
import io.podoffload.binder.reconcile.Reconciler.Next;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A key of the queue in random worlds, beside a model that remembers only what happened: which events no look has followed yet, and
 * when the last looks ended. Whatever the order, no event is lost, no key is looked at twice at once, and no key spins.
 */
class KeyStateTest {

    private static final int WORLDS = 2_000;
    private static final int EVENTS = 100;
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final long seed = Long.getLong("seed", new Random().nextLong());
    private final Random random = new Random(seed);

    /** Since the last look began. */
    private boolean event;

    private boolean echo;
    private Next last = Next.ON_EVENT;
    private long lastEnd;
    private int changesInARow;

    @Test
    void noEventIsLostAndNoKeySpins() {
        for (int world = 0; world < WORLDS; world++) {
            long now = random.nextLong(); // nanoTime may be negative, and may overflow
            KeyState state =
                    KeyState.unknown(now).onEvent(now).begin().finish(Next.ON_EVENT, now - TimeUnit.HOURS.toNanos(1));
            event = false;
            echo = false;
            last = Next.ON_EVENT;
            lastEnd = now - TimeUnit.HOURS.toNanos(1);
            changesInARow = 0;
            StringBuilder story = new StringBuilder("seed " + seed + ", world " + world + ":");
            for (int step = 0; step < EVENTS; step++) {
                now += random.nextInt(3) == 0 ? random.nextLong(2_000 * MILLI) : random.nextLong(20 * MILLI);
                state = step(state, now, story);
                check(state, now, story);
            }
        }
    }

    private KeyState step(KeyState state, long now, StringBuilder story) {
        if (state.isDue(now) && random.nextBoolean()) {
            story.append(" begin");
            assertThat(now - earliest()).as(story.toString()).isNotNegative();
            event = false;
            echo = false;
            return state.begin();
        }
        if (state.phase() == Phase.RUNNING && random.nextBoolean()) {
            last = Next.values()[random.nextInt(Next.values().length)];
            lastEnd = now;
            changesInARow = last == Next.AT_ONCE && !event && !echo ? changesInARow + 1 : 0;
            story.append(' ').append(last);
            return state.finish(last, now);
        }
        if (random.nextInt(3) > 0) {
            return state; // time passes
        }
        if (random.nextBoolean()) {
            story.append(" event");
            event = true;
            changesInARow = 0;
            return state.onEvent(now);
        }
        story.append(" echo");
        echo = true;
        changesInARow = 0;
        return state.onEcho(now);
    }

    /** Before which no look may begin: a key that is left alone rests for a second, one that waits for OVN without an event 25 ms. */
    private long earliest() {
        if (last == Next.LEFT_ALONE) {
            return lastEnd + KeyState.ALONE.toNanos();
        }
        boolean rests = last == Next.ON_NEWS || last == Next.LATER || (last == Next.AT_ONCE && changesInARow > 3);
        return rests && !event && !echo ? lastEnd + KeyState.QUIET.toNanos() / 2 : lastEnd;
    }

    private void check(KeyState state, long now, StringBuilder story) {
        if (state.phase() == Phase.RUNNING) {
            return;
        }
        String as = story.toString();
        if (event) {
            assertThat(state.phase()).as(as).isEqualTo(Phase.DUE);
            long latest = last == Next.LEFT_ALONE ? lastEnd + KeyState.ALONE.toNanos() : now;
            assertThat(state.dueAt() - Math.max(latest - now, 0) - now).as(as).isNotPositive();
        } else if (echo) {
            assertThat(state.phase()).as(as).isEqualTo(Phase.DUE);
            Duration rest = last == Next.LEFT_ALONE ? KeyState.ALONE : KeyState.QUIET;
            assertThat(state.dueAt() - now).as(as).isLessThanOrEqualTo(rest.toNanos());
        } else if (last == Next.ON_EVENT) {
            assertThat(state.phase()).as(as).isEqualTo(Phase.IDLE);
            assertThat(state.attempts()).as(as).isZero();
        } else if (last != Next.UNTIL_THERE) {
            assertThat(state.phase()).as(as).isEqualTo(Phase.DUE);
            assertThat(state.dueAt() - lastEnd)
                    .as(as)
                    .isLessThanOrEqualTo(Duration.ofSeconds(10).toNanos());
        }
        assertThat(state.settled()).as(as).isEqualTo(last == Next.ON_EVENT || last == Next.UNTIL_THERE);
    }

    @Test
    void whatIsNotThereIsLookedForForTwoMinutesAndThenNoMore() {
        long now = 0;
        KeyState state = KeyState.unknown(now).onEvent(now);
        int looks = 0;
        while (state.phase() == Phase.DUE) {
            now = state.dueAt();
            state = state.begin().finish(Next.UNTIL_THERE, now);
            looks++;
        }
        assertThat(looks).isEqualTo(KeyState.LOOKS_UNTIL_THERE + 1);
        assertThat(Duration.ofNanos(now)).isBetween(Duration.ofSeconds(50), Duration.ofMinutes(3));
        assertThat(state.onEvent(now).begin().finish(Next.UNTIL_THERE, now).phase())
                .as("an event begins anew")
                .isEqualTo(Phase.DUE);
    }
}
