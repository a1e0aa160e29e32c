package io.podoffload.webhook.serving;

import io.podoffload.webhook.cluster.ClusterView;
import io.podoffload.webhook.tls.ServingCertificate;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Ready while the certificate is valid, the cluster is known, and the listener answers. */
@Component("webhook")
final class WebhookHealth implements HealthIndicator {

    private final Phase phase;
    private final ClusterView cluster;
    private final ServingCertificate certificate;

    WebhookHealth(Phase phase, ClusterView cluster, ServingCertificate certificate) {
        this.phase = phase;
        this.cluster = cluster;
        this.certificate = certificate;
    }

    @Override
    public Health health() {
        String reason = notReadyBecause();
        return reason == null
                ? Health.up().build()
                : Health.outOfService().withDetail("reason", reason).build();
    }

    private @Nullable String notReadyBecause() {
        String invalid = certificate.invalid();
        if (invalid != null) {
            return "the serving certificate cannot be accepted now: " + invalid;
        }
        return cluster.waitingFor().map(what -> "waiting for the " + what).orElseGet(phase::refusal);
    }
}
