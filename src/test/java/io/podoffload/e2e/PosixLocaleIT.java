package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.certs.CertificateAuthority;
import io.podoffload.sim.JavaProgram;
import io.podoffload.sim.Programs;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs print UTF-8 where no locale is set, as in the image and in an empty Debian: Java 17 would print {@code ?}. */
class PosixLocaleIT {

    private static final Map<String, String> POSIX = Map.of("LC_ALL", "POSIX");

    private final Path project =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void certsPrintsTheNamesInACertificate() throws Exception {
        Path certificate = folder.resolve("ca.crt");
        CertificateAuthority.create("Prüfstelle", Duration.ofDays(1), Clock.systemUTC())
                .pem()
                .writeTo(certificate, folder.resolve("ca.key"));

        String printed = Programs.run(
                POSIX,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                project.resolve("certs/target/certs.jar").toString(),
                "inspect",
                certificate.toString());

        assertThat(printed).contains("CN=Prüfstelle");
    }

    @ParameterizedTest
    @CsvSource({"webhook,", "node-binder, run"})
    void logsKeepTheNamesThatAreGiven(String name, @Nullable String command) {
        Path log = folder.resolve(name + ".log");
        Map<String, String> named = Map.of(
                "LC_ALL", "POSIX", "SPRING_APPLICATION_JSON", "{\"spring.application.name\": \"Pr\\u00fcfstelle\"}");

        try (JavaProgram program = new JavaProgram(
                project.resolve(name + "/target/" + name + ".jar"),
                log,
                "APPLICATION FAILED TO START",
                named,
                command == null ? List.of() : List.of(command))) {
            program.awaitStarted();
        }

        assertThat(log).content().contains("Prüfstelle");
    }
}
