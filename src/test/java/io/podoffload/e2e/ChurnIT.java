package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.churn.Churn;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Thousands of pod events with faults between them leave ports, VFs and pods in step. */
class ChurnIT {

    @Test
    void twoThousandEventsOnEightVfsLeakNothing() {
        Path project =
                Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("ChurnIT: seed " + seed + "; dev/churn --seed repeats it");

        assertThat(Churn.run(project, project.resolve("target/e2e-logs/churn"), 2_000, 8, seed))
                .isEmpty();
    }
}
