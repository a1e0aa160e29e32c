package io.podoffload.webhook.renewal;

import java.time.Duration;

/**
 * How the Lease is kept. Its holder may miss one renewal, and stops acting on it well before another replica takes it.
 *
 * @param heldFor how long it stays unchanged before another replica takes it
 */
record LeaseTimes(Duration heldFor) {

    private static final Duration SHORTEST = Duration.ofSeconds(3);

    LeaseTimes {
        if (heldFor.compareTo(SHORTEST) < 0) {
            throw new IllegalArgumentException("pod-offload.certificates.lease-duration is " + heldFor.toSeconds()
                    + " s, and its holder could not renew it in time: set " + SHORTEST.toSeconds() + "s or more");
        }
    }

    /** The holder's only request; the other replicas watch. */
    Duration renewedEvery() {
        return heldFor.dividedBy(3);
    }

    /** The holder's work ends so long after its last renewal. */
    Duration givenUpAfter() {
        return heldFor.dividedBy(3).multipliedBy(2);
    }
}
