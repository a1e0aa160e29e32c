package io.podoffload.certs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes a serving certificate, signed by a new CA or by one that was made before. */
@Command(
        name = "issue",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Makes a serving certificate for the webhook's Service (ECDSA P-256), and a CA that signs it.",
            "Writes ca.crt, ca.key, tls.crt and tls.key; ca.crt is the caBundle of the webhook configuration."
        })
final class IssueCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--service", defaultValue = "pod-offload-webhook", description = "Service name (${DEFAULT-VALUE})")
    private String service = "";

    @Option(names = "--namespace", defaultValue = "pod-offload", description = "its namespace (${DEFAULT-VALUE})")
    private String namespace = "";

    @Option(names = "--ca", description = "folder with the ca.crt and ca.key of before, which sign this one too")
    private @Nullable Path ca;

    @Option(names = "--ca-days", defaultValue = "3650", description = "life of a new CA (${DEFAULT-VALUE})")
    private int caDays;

    @Option(names = "--days", defaultValue = "90", description = "life of the certificate (${DEFAULT-VALUE})")
    private int days;

    @Option(
            names = "--client",
            description = "also write client.crt and client.key for this client, for example kube-apiserver")
    private @Nullable String client;

    @Option(names = "--out", required = true, description = "folder for the files")
    private Path out = Path.of("");

    @Override
    public Integer call() throws IOException {
        if (days < 1 || caDays < 1) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--days and --ca-days must be 1 or more");
        }
        ServiceName name = new ServiceName(service, namespace);
        CertificateAuthority authority = ca == null
                ? CertificateAuthority.create("pod-offload CA", Duration.ofDays(caDays), Clock.systemUTC())
                : before(ca);
        authority.pem().writeTo(out.resolve("ca.crt"), out.resolve("ca.key"));
        authority.issueFor(name, Duration.ofDays(days)).writeTo(out.resolve("tls.crt"), out.resolve("tls.key"));
        if (client != null) {
            authority
                    .issueForClient(client, Duration.ofDays(days))
                    .writeTo(out.resolve("client.crt"), out.resolve("client.key"));
        }
        spec.commandLine()
                .getOut()
                .printf("%s: ca.crt, ca.key, tls.crt and tls.key for %s%n", out, String.join(", ", name.dnsNames()));
        return CommandLine.ExitCode.OK;
    }

    private static CertificateAuthority before(Path folder) throws IOException {
        CertificateAuthority authority = CertificateAuthority.read(
                new PemKeyPair(Files.readString(folder.resolve("ca.crt")), Files.readString(folder.resolve("ca.key"))),
                Clock.systemUTC());
        if (authority
                .certificate()
                .getNotAfter()
                .toInstant()
                .isBefore(Clock.systemUTC().instant())) {
            throw new IllegalArgumentException("the CA in " + folder + " expired on "
                    + authority.certificate().getNotAfter().toInstant() + "; leave out --ca to make a new one");
        }
        return authority;
    }
}
