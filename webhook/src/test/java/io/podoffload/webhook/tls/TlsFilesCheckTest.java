package io.podoffload.webhook.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.podoffload.webhook.WebhookApplication;
import io.podoffload.webhook.tls.TlsFilesCheck.MissingTlsFile;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.diagnostics.FailureAnalysis;

class TlsFilesCheckTest {

    @Test
    void aMissingCertificateIsNamedWithTheCure() {
        SpringApplication application = new SpringApplication(WebhookApplication.class);
        application.addListeners(new TlsFilesCheck());

        MissingTlsFile failure = catchThrowableOfType(
                MissingTlsFile.class, () -> application.run("--pod-offload.tls.certificate=/nowhere/tls.crt"));
        FailureAnalysis analysis = Objects.requireNonNull(new TlsFilesCheck.Analyzer().analyze(failure));

        assertThat(String.valueOf(analysis.getDescription()))
                .isEqualTo("The webhook serves HTTPS only, and pod-offload.tls.certificate is /nowhere/tls.crt,"
                        + " which cannot be read.");
        assertThat(String.valueOf(analysis.getAction())).contains("certs.jar issue");
    }
}
