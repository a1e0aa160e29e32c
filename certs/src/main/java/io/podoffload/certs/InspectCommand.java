package io.podoffload.certs;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what is in certificate files. */
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        description =
                "Says for whom certificates are, who signed them, and how long they are valid. Keys are not shown.")
final class InspectCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "PEM files with certificates")
    private List<Path> files = List.of();

    @Override
    public Integer call() throws IOException {
        for (Path file : files) {
            List<X509Certificate> certificates = Pem.certificates(Files.readString(file));
            if (certificates.isEmpty()) {
                throw new IllegalArgumentException(file + " holds no PEM block CERTIFICATE");
            }
            certificates.forEach(certificate -> print(file, certificate));
        }
        return CommandLine.ExitCode.OK;
    }

    private void print(Path file, X509Certificate certificate) {
        PrintWriter out = spec.commandLine().getOut();
        Instant end = certificate.getNotAfter().toInstant();
        long days = Duration.between(Instant.now(), end).toDays();
        out.printf("%s%n", file);
        out.printf("  subject  %s%n", certificate.getSubjectX500Principal().getName());
        out.printf("  names    %s%n", String.join(", ", ServiceName.namesIn(certificate)));
        out.printf("  signer   %s%n", certificate.getIssuerX500Principal().getName());
        out.printf("  kind     %s%n", certificate.getBasicConstraints() >= 0 ? "authority" : "certificate");
        out.printf("  key      %s%n", certificate.getPublicKey().getAlgorithm());
        out.printf("  serial   %s%n", certificate.getSerialNumber().toString(16));
        out.printf("  valid    %s to %s, %s%n", certificate.getNotBefore().toInstant(), end, left(end, days));
    }

    private static String left(Instant end, long days) {
        return end.isBefore(Instant.now()) ? "expired" : days + " days left";
    }
}
