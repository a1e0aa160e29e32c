package io.podoffload.webhook.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.podoffload.certs.CertificateAuthority;
import io.podoffload.certs.ServiceName;
import io.podoffload.webhook.WebhookApplication;
import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.tls.TlsFilesCheck.UnusableTlsFile;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.diagnostics.FailureAnalysis;

class TlsFilesCheckTest {

    @Test
    void aMissingCertificateIsNamedWithTheCure() {
        SpringApplication application = new SpringApplication(WebhookApplication.class);
        application.addListeners(new TlsFilesCheck());

        UnusableTlsFile failure = catchThrowableOfType(
                UnusableTlsFile.class, () -> application.run("--pod-offload.tls.certificate=/nowhere/tls.crt"));
        FailureAnalysis analysis = Objects.requireNonNull(new TlsFilesCheck.Analyzer().analyze(failure));

        assertThat(String.valueOf(analysis.getDescription()))
                .isEqualTo("The webhook serves HTTPS only, and pod-offload.tls.certificate is /nowhere/tls.crt,"
                        + " which cannot be read.");
        assertThat(String.valueOf(analysis.getAction())).contains("certs.jar issue");
    }

    @Test
    void aKeyThatIsNotThatOfTheCertificateIsSaidAtTheStart(@TempDir Path folder) throws Exception {
        CertificateAuthority authority = CertificateAuthority.create("CA", Duration.ofDays(1), Clock.systemUTC());
        ServiceName service = new ServiceName("webhook", "net");
        authority
                .issueFor(service, Duration.ofDays(1))
                .writeTo(folder.resolve("tls.crt"), folder.resolve("another.key"));
        authority
                .issueFor(service, Duration.ofDays(1))
                .writeTo(folder.resolve("another.crt"), folder.resolve("tls.key"));
        WebhookProperties settings = new WebhookProperties(
                new WebhookProperties.Tls(folder.resolve("tls.crt"), folder.resolve("tls.key"), null, List.of()),
                null,
                "pod-offload",
                Duration.ZERO,
                false);

        assertThatThrownBy(() -> new CertificateFiles(settings, new SimpleMeterRegistry()))
                .isInstanceOf(UnusableTlsFile.class)
                .hasMessageContaining("the private key is not that of the certificate");
    }
}
