package io.podoffload.certs;

import java.io.PrintWriter;
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

/** The command line: {@code java -jar certs.jar issue --help}. */
@Command(
        name = "certs",
        mixinStandardHelpOptions = true,
        version = "pod-offload certs",
        synopsisSubcommandLabel = "COMMAND",
        description = "Makes the certificates that let the API server trust the pod-offload webhook.",
        subcommands = CertsCommand.Issue.class)
public final class CertsCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The parser: bad options and failures are one sentence on standard error, never a stack trace. */
    static CommandLine commandLine() {
        return new CommandLine(new CertsCommand()).setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println("certs: " + sentence(failure));
            return command.getCommandSpec().exitCodeOnExecutionException();
        });
    }

    private static String sentence(Exception failure) {
        String kind = failure.getClass().getSimpleName();
        return failure instanceof java.nio.file.FileSystemException
                ? "cannot write " + failure.getMessage() + " (" + kind + ")"
                : String.valueOf(failure.getMessage());
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Say what to do: issue");
    }

    /** Makes a new CA and a serving certificate signed by it. */
    @Command(
            name = "issue",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Makes a new CA and a serving certificate for the webhook's Service (ECDSA P-256).",
                "Writes ca.crt, ca.key, tls.crt and tls.key; ca.crt is the caBundle of the webhook configuration."
            })
    static final class Issue implements Callable<Integer> {

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Option(
                names = "--service",
                defaultValue = "pod-offload-webhook",
                description = "Service name (${DEFAULT-VALUE})")
        private String service = "";

        @Option(names = "--namespace", defaultValue = "pod-offload", description = "its namespace (${DEFAULT-VALUE})")
        private String namespace = "";

        @Option(names = "--ca-days", defaultValue = "3650", description = "life of the CA (${DEFAULT-VALUE})")
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
        public Integer call() throws Exception {
            if (days < 1 || caDays < 1) {
                throw new CommandLine.ParameterException(spec.commandLine(), "--days and --ca-days must be 1 or more");
            }
            ServiceName name = new ServiceName(service, namespace);
            CertificateAuthority authority =
                    CertificateAuthority.create("pod-offload CA", Duration.ofDays(caDays), Clock.systemUTC());
            authority.pem().writeTo(out.resolve("ca.crt"), out.resolve("ca.key"));
            authority.issueFor(name, Duration.ofDays(days)).writeTo(out.resolve("tls.crt"), out.resolve("tls.key"));
            if (client != null) {
                authority
                        .issueForClient(client, Duration.ofDays(days))
                        .writeTo(out.resolve("client.crt"), out.resolve("client.key"));
            }
            PrintWriter stdout = spec.commandLine().getOut();
            stdout.printf("%s: ca.crt, ca.key, tls.crt and tls.key for %s%n", out, String.join(", ", name.dnsNames()));
            return CommandLine.ExitCode.OK;
        }
    }
}
