package io.podoffload.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.sim.Programs;
import io.podoffload.sim.StagedNode.Staged;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** Fifty packets a second from one pod to another and back, whatever happens, until it is closed. */
final class Load implements AutoCloseable {

    private final Path log;
    private final Process ping;

    Load(Staged from, Staged to) {
        log = Path.of("/run/out", "load-" + System.nanoTime() + ".log");
        ping = Programs.start(
                log,
                Map.of(),
                List.of("nsenter", "--net=" + from.netns(), "--", "ping", "-i", "0.02", "-s", "1000", to.ip()));
    }

    /** How many packets came back so far. */
    long answers() {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(line -> line.contains("bytes from")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Until packets come back, from now on. */
    void awaitAnswers() {
        long before = answers();
        Awaitility.await("packets come back").atMost(Duration.ofSeconds(60)).until(() -> answers() > before + 20);
        assertThat(ping.isAlive()).isTrue();
    }

    @Override
    public void close() {
        ping.destroy();
    }
}
