package io.podoffload.webhook;

import io.podoffload.webhook.injection.Profile;
import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The webhook's settings.
 *
 * @param tls what it serves HTTPS with
 * @param network NetworkAttachmentDefinition that an opted-in pod gets as its default network, namespace/name
 * @param resource extended resource that an opted-in pod requests, domain/name
 */
@ConfigurationProperties("pod-offload")
public record WebhookProperties(
        Tls tls,
        @DefaultValue("default/default") String network,
        @DefaultValue("mellanox.com/cx5_sriov_switchdev") String resource) {

    /**
     * The serving certificate.
     *
     * @param certificate PEM file with the certificate chain
     * @param privateKey PEM file with the private key of the first certificate
     */
    public record Tls(
            @DefaultValue("/etc/pod-offload/tls/tls.crt") Path certificate,
            @DefaultValue("/etc/pod-offload/tls/tls.key") Path privateKey) {}

    Profile profile() {
        return new Profile(network, resource);
    }
}
