package io.podoffload.webhook.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloadingTest {

    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final BlockingQueue<String> changes = new LinkedBlockingQueue<>();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Reloading<String> reading(Path file) throws Exception {
        return new Reloading<>("thing", List.of(file), meters, ReloadingTest::read, changes::add);
    }

    private static String read(List<byte[]> contents) {
        String text = new String(contents.get(0), StandardCharsets.UTF_8);
        if (text.startsWith("bad")) {
            throw new IllegalArgumentException("it is bad");
        }
        return text;
    }

    @Test
    void aFileThatIsNotThereAtFirstIsAnError() {
        assertThatThrownBy(() -> reading(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void aMountedConfigMapIsReadAgainWhenItsLinkIsSwapped() throws Exception {
        Path one = Files.createDirectory(folder.resolve("..one"));
        Path two = Files.createDirectory(folder.resolve("..two"));
        Files.writeString(one.resolve("value"), "1");
        Files.writeString(two.resolve("value"), "2");
        Files.createSymbolicLink(folder.resolve("..data"), one.getFileName());
        Path file = Files.createSymbolicLink(folder.resolve("value"), Path.of("..data/value"));
        try (Reloading<String> value = reading(file)) {
            assertThat(value.current()).isEqualTo("1");

            Files.createSymbolicLink(folder.resolve("..data_tmp"), two.getFileName());
            Files.move(folder.resolve("..data_tmp"), folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);

            assertThat(changes.poll(20, TimeUnit.SECONDS)).isEqualTo("2");
            assertThat(value.current()).isEqualTo("2");
            Files.writeString(two.resolve("value"), "3");
            assertThat(changes.poll(20, TimeUnit.SECONDS)).isEqualTo("3");
        }
    }

    @Test
    void aFileThatGoesBadOrAwayKeepsTheValueAndIsCounted() throws Exception {
        Path file = Files.writeString(folder.resolve("value"), "1");
        try (Reloading<String> value = reading(file)) {
            Files.writeString(file, "bad");
            Awaitility.await().until(() -> failures() == 1);
            Files.delete(file);
            Awaitility.await().until(() -> failures() == 2);
            assertThat(value.current()).isEqualTo("1");

            Files.writeString(file, "4");

            assertThat(changes.poll(20, TimeUnit.SECONDS)).isEqualTo("4");
            assertThat(meters.get("pod.offload.webhook.generation").gauge().value())
                    .isEqualTo(2);
        }
    }

    private double failures() {
        return meters.get("pod.offload.webhook.reload.failures").counter().count();
    }
}
