package io.podoffload.certs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says whether the API server would accept a certificate. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Says whether the API server would accept the certificate, and if not, why. Ends 1 where it would not.")
final class VerifyCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--ca", required = true, description = "PEM file that is the caBundle")
    private Path ca = Path.of("");

    @Option(names = "--certificate", required = true, description = "PEM file that is served")
    private Path certificate = Path.of("");

    @Option(names = "--key", description = "PEM file with its private key")
    private @Nullable Path key;

    @Option(
            names = "--service",
            defaultValue = "pod-offload-webhook",
            description = "Service that is called (${DEFAULT-VALUE})")
    private String service = "";

    @Option(names = "--namespace", defaultValue = "pod-offload", description = "its namespace (${DEFAULT-VALUE})")
    private String namespace = "";

    @Override
    public Integer call() throws IOException {
        ServiceName name = new ServiceName(service, namespace);
        List<String> faults = new CertificateCheck(
                        Pem.certificates(Files.readString(ca)), Pem.certificates(Files.readString(certificate)))
                .faults(name, key == null ? null : Files.readString(key), Instant.now());
        if (faults.isEmpty()) {
            spec.commandLine()
                    .getOut()
                    .printf(
                            "%s is accepted for %s%n",
                            certificate, name.dnsNames().get(0));
            return CommandLine.ExitCode.OK;
        }
        faults.forEach(fault -> spec.commandLine().getErr().printf("%s: %s%n", certificate, fault));
        return CommandLine.ExitCode.SOFTWARE;
    }
}
