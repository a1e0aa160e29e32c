package io.podoffload.certs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CertsCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void issueWritesFourFilesWithKeysThatOnlyTheOwnerReads() throws Exception {
        int code = run("issue", "--service", "hook", "--namespace", "net", "--out", folder.toString());

        assertThat(code).isZero();
        assertThat(out.toString()).contains("hook.net.svc");
        assertThat(mode("ca.crt")).isEqualTo("r--r--r--");
        assertThat(mode("ca.key")).isEqualTo("r--------");
        assertThat(mode("tls.key")).isEqualTo("r--------");
        CertificateAuthorityTest.parse(Files.readString(folder.resolve("tls.crt")))
                .verify(CertificateAuthorityTest.parse(Files.readString(folder.resolve("ca.crt")))
                        .getPublicKey());
    }

    @Test
    void issuingTwiceReplacesTheFilesAndLeavesNoDrafts() throws Exception {
        run("issue", "--out", folder.toString());
        int code = run("issue", "--out", folder.toString());

        assertThat(code).isZero();
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("ca.crt", "ca.key", "tls.crt", "tls.key");
        }
    }

    @Test
    void aBadNameIsOneSentence() {
        int code = run("issue", "--service", "Bad_Name", "--out", folder.toString());

        assertThat(code).isEqualTo(1);
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .startsWith("certs: 'Bad_Name' is no Service name");
    }

    @Test
    void aFolderThatCannotBeMadeIsOneSentence() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");

        int code = run("issue", "--out", file.resolve("below").toString());

        assertThat(code).isEqualTo(1);
        assertThat(err.toString().lines()).singleElement().asString().startsWith("certs: cannot write");
    }

    @Test
    void noCommandShowsTheUsage() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("Say what to do: issue").contains("Usage: certs");
    }

    private int run(String... arguments) {
        CommandLine command = CertsCommand.commandLine();
        return command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
    }

    private String mode(String file) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(file)));
    }
}
