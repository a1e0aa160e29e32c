package io.podoffload.webhook;

import static io.podoffload.webhook.RunningWebhook.review;
import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.certs.CertificateAuthority;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may call when client certificates are asked for. */
class MutualTlsTest {

    @Test
    void onlyACertificateOfTheAuthorityForTheRightSubjectMayCall(@TempDir Path folder) throws Exception {
        CertificateAuthority clients = CertificateAuthority.create("clients", Duration.ofDays(1), Clock.systemUTC());
        CertificateAuthority strangers = CertificateAuthority.create("others", Duration.ofDays(1), Clock.systemUTC());
        clients.pem().writeTo(folder.resolve("clients.crt"), folder.resolve("clients.key"));
        try (RunningWebhook webhook =
                new RunningWebhook(folder, "pod-offload.tls.client-ca=" + folder.resolve("clients.crt"))) {

            HttpResponse<String> right = webhook.post(
                    webhook.client(clients.issueForClient("kube-apiserver", Duration.ofHours(1))),
                    "application/json",
                    review("{}"));
            HttpResponse<String> none = webhook.post("application/json", review("{}"));
            HttpResponse<String> otherSubject = webhook.post(
                    webhook.client(clients.issueForClient("system:node:n1", Duration.ofHours(1))),
                    "application/json",
                    review("{}"));
            // asked for a certificate of the right authority, this one sends none
            HttpResponse<String> otherAuthority = webhook.post(
                    webhook.client(strangers.issueForClient("kube-apiserver", Duration.ofHours(1))),
                    "application/json",
                    review("{}"));

            assertThat(right.statusCode()).isEqualTo(200);
            assertThat(none.statusCode()).isEqualTo(403);
            assertThat(none.body()).startsWith("a client certificate is required");
            assertThat(otherSubject.statusCode()).isEqualTo(403);
            assertThat(otherAuthority.statusCode()).isEqualTo(403);
            assertThat(otherSubject.body()).contains("system:node:n1").contains("client-subjects");
        }
    }
}
