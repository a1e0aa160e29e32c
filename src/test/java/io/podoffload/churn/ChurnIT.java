package io.podoffload.churn;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A part of what {@code dev/churn} does at length. */
class ChurnIT {

    private static final int EVENTS = 300;
    private static final int VFS = 8;

    @Test
    void afterRandomEventsPortsAndVfsInUseAreTheLivePods() {
        Path project =
                Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
        long seed = Long.getLong("seed", 42);
        System.out.println("ChurnIT: seed " + seed + "; -Dseed=N for others");

        assertThat(Churn.run(project, project.resolve("target/e2e-logs/churn"), EVENTS, VFS, seed))
                .as("the first difference")
                .isEmpty();
    }
}
