package io.podoffload.webhook.tls;

import io.podoffload.webhook.CertificateProperties;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ApplicationListener;

/** Says which certificate file is missing before the server would fail on it in the words of its libraries. */
public final class TlsFilesCheck implements ApplicationListener<ApplicationEnvironmentPreparedEvent> {

    @Override
    public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
        Binder binder = Binder.get(event.getEnvironment());
        boolean files = binder.bind("pod-offload.certificates.mode", CertificateProperties.Mode.class)
                .map(CertificateProperties.Mode.FILES::equals)
                .orElse(true);
        String[] properties =
                files ? new String[] {"pod-offload.tls.certificate", "pod-offload.tls.private-key"} : new String[0];
        for (String property : properties) {
            Path file =
                    binder.bind(property, Path.class).orElseThrow(() -> new UnusableTlsFile(property + " is not set"));
            check(property, file);
        }
        String clientCa = "pod-offload.tls.client-ca";
        binder.bind(clientCa, Path.class).ifBound(file -> check(clientCa, file));
    }

    private static void check(String property, Path file) {
        if (!Files.isReadable(file)) {
            throw new UnusableTlsFile(property + " is " + file + ", which cannot be read");
        }
    }

    static final class UnusableTlsFile extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnusableTlsFile(String message) {
            super(message);
        }
    }

    /** Registered in META-INF/spring.factories. */
    static final class Analyzer extends AbstractFailureAnalyzer<UnusableTlsFile> {
        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, UnusableTlsFile cause) {
            return new FailureAnalysis(
                    "The webhook serves HTTPS only, and " + cause.getMessage() + ".",
                    "Make a certificate with 'java -jar certs/target/certs.jar issue --out DIR', and point"
                            + " pod-offload.tls.certificate and pod-offload.tls.private-key at DIR/tls.crt and DIR/tls.key.",
                    cause);
        }
    }
}
