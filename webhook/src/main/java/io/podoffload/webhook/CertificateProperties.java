package io.podoffload.webhook;

import io.podoffload.certs.ServiceName;
import io.podoffload.certs.renewal.Lifetimes;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the serving certificate comes from, and, where the webhook makes it itself, how.
 *
 * @param mode files: somebody else writes and renews the files of pod-offload.tls; self: the webhook makes and renews
 *     authority and certificate in a Secret, and keeps the caBundle of its webhook configuration
 * @param service with mode self: name of the Service that the API server calls
 * @param secret with mode self: name of the Secret
 * @param lease with mode self: name of the Lease by which one of several replicas does it
 * @param leaseDuration with mode self: how long a replica that was killed keeps the Lease; its holder renews it at a third of that
 * @param webhookConfiguration with mode self: name of the MutatingWebhookConfiguration
 * @param authorityLife with mode self: life of the authority; at two thirds of it there is a new one
 * @param life with mode self: life of the serving certificate; at two thirds of it there is a new one
 * @param propagation with mode self: how long an authority stands in the caBundle before a certificate of it is served
 */
@ConfigurationProperties("pod-offload.certificates")
public record CertificateProperties(
        @DefaultValue("files") Mode mode,
        @DefaultValue("pod-offload-webhook") String service,
        @DefaultValue("pod-offload-webhook-tls") String secret,
        @DefaultValue("pod-offload-webhook-certificates") String lease,
        @DefaultValue("60s") Duration leaseDuration,
        @DefaultValue("pod-offload") String webhookConfiguration,
        @DefaultValue("3650d") Duration authorityLife,
        @DefaultValue("90d") Duration life,
        @DefaultValue("1m") Duration propagation) {

    /** Who makes the certificate. */
    public enum Mode {
        FILES,
        SELF
    }

    public ServiceName serviceIn(String namespace) {
        return new ServiceName(service, namespace);
    }

    public Lifetimes lifetimes() {
        return new Lifetimes(authorityLife, life, propagation);
    }
}
