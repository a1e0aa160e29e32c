package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A part of what {@code dev/cluster churn} does at length. */
class ChurnStory {

    private static final int EVENTS = 25;

    @BeforeAll
    static void install() {
        Release.ensure();
    }

    @AfterAll
    static void end() {
        ChurnWorkloads.end();
    }

    @Test
    void afterRandomEventsEveryPartOfTheClusterSaysTheSame() {
        assertThat(ClusterChurn.run(EVENTS, Long.getLong("seed", 42))).isEmpty();
    }
}
