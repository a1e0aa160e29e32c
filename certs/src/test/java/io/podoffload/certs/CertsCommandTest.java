package io.podoffload.certs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
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
        assertThat(err.toString().lines()).singleElement().asString().startsWith("certs: cannot read or write");
    }

    @Test
    void noCommandShowsTheUsage() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString())
                .contains("Say what to do: issue, inspect or verify")
                .contains("Usage: certs");
    }

    private Path issued(String... more) {
        List<String> arguments = new ArrayList<>(List.of("issue", "--out", folder.toString()));
        arguments.addAll(List.of(more));
        assertThat(run(arguments.toArray(String[]::new))).as("%s", err).isZero();
        return folder;
    }

    private int verify(Path ca, Path certificate, String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("verify", "--ca", ca.toString(), "--certificate", certificate.toString()));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    @Test
    void whatWasIssuedIsAccepted() {
        Path files = issued();

        assertThat(verify(files.resolve("ca.crt"), files.resolve("tls.crt"), "--key", files + "/tls.key"))
                .isZero();
        assertThat(out.toString()).contains("is accepted for pod-offload-webhook.pod-offload.svc");
    }

    @Test
    void whatIsNotAcceptedIsToldWithTheCure() throws Exception {
        Path files = issued();
        Path others = Files.createDirectory(folder.resolve("others"));
        run("issue", "--out", others.toString(), "--service", "another");

        assertThat(verify(files.resolve("ca.crt"), others.resolve("tls.crt"), "--key", files + "/tls.key"))
                .isEqualTo(1);
        assertThat(err.toString())
                .contains("no authority of the caBundle signed it")
                .contains("not for pod-offload-webhook.pod-offload.svc but for [another.pod-offload.svc")
                .contains("the private key is not that of the certificate");
    }

    @Test
    void anExpiredCertificateIsTold() {
        CertificateAuthority authority = CertificateAuthority.create(
                "CA", Duration.ofDays(10), Clock.fixed(Instant.parse("2020-01-01T00:00:00Z"), ZoneOffset.UTC));
        ServiceName service = new ServiceName("hook", "net");
        CertificateCheck check = new CertificateCheck(
                List.of(authority.certificate()),
                Pem.certificates(authority.issueFor(service, Duration.ofDays(1)).certificate()));

        assertThat(check.faults(service, null, Instant.parse("2020-01-01T01:00:00Z")))
                .isEmpty();
        assertThat(check.faults(service, null, Instant.parse("2020-01-05T00:00:00Z")))
                .singleElement()
                .asString()
                .contains("expired on 2020-01-02");
        assertThat(check.faults(service, null, Instant.parse("2019-01-05T00:00:00Z")))
                .singleElement()
                .asString()
                .contains("compare the clocks");
    }

    @Test
    void theAuthorityOfBeforeSignsAgain() throws Exception {
        Path files = issued();
        String bundle = Files.readString(files.resolve("ca.crt"));
        String first = Files.readString(files.resolve("tls.crt"));

        issued("--ca", folder.toString());

        assertThat(Files.readString(files.resolve("ca.crt"))).isEqualTo(bundle);
        assertThat(Files.readString(files.resolve("tls.crt"))).isNotEqualTo(first);
        assertThat(verify(files.resolve("ca.crt"), files.resolve("tls.crt"))).isZero();
    }

    @Test
    void anAuthorityWithoutItsKeyIsToldInOneSentence() throws Exception {
        Path files = issued();
        Files.delete(files.resolve("ca.key"));
        Files.writeString(
                files.resolve("ca.key"), "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----");

        assertThat(run("issue", "--ca", folder.toString(), "--out", folder.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("openssl pkcs8 -topk8 -nocrypt").doesNotContain("AAAA");
    }

    @Test
    void inspectShowsNamesAndLifeAndNoKey() throws Exception {
        Path files = issued("--days", "30");

        assertThat(run("inspect", files + "/tls.crt", files + "/ca.crt")).isZero();

        assertThat(out.toString())
                .contains(
                        "pod-offload-webhook.pod-offload.svc",
                        "29 days left",
                        "signer   CN=pod-offload CA",
                        "kind     authority")
                .doesNotContain("PRIVATE");
        assertThat(run("inspect", files + "/tls.key")).isEqualTo(1);
        assertThat(err.toString()).contains("holds no PEM block CERTIFICATE");
    }

    private int run(String... arguments) {
        CommandLine command = CertsCommand.commandLine();
        return command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
    }

    private String mode(String file) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(file)));
    }
}
