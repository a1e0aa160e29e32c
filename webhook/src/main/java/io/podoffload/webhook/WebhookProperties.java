package io.podoffload.webhook;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The webhook's settings.
 *
 * @param tls what it serves HTTPS with, and to whom
 * @param policyFile YAML file with the profiles and what becomes of conflicts; without it there is one profile,
 *     default/default with mellanox.com/cx5_sriov_switchdev
 * @param namespace the Namespace that the webhook and the node-binders run in
 * @param drain after SIGTERM, how long new requests are answered 503 with Retry-After before the port is closed
 * @param traceContext whether the trace context of a request (W3C traceparent) is passed on to its log line and Event
 */
@ConfigurationProperties("pod-offload")
public record WebhookProperties(
        Tls tls,
        @Nullable Path policyFile,
        @DefaultValue("pod-offload") String namespace,
        @DefaultValue("10s") Duration drain,
        @DefaultValue("false") boolean traceContext) {

    /**
     * TLS.
     *
     * @param certificate PEM file with the certificate chain
     * @param privateKey PEM file with the private key of the first certificate
     * @param clientCa PEM file with the authority of client certificates; without it none is asked for
     * @param clientSubjects with a client authority: common names or DNS names, one of which the client must have
     */
    public record Tls(
            @DefaultValue("/etc/pod-offload/tls/tls.crt") Path certificate,
            @DefaultValue("/etc/pod-offload/tls/tls.key") Path privateKey,
            @Nullable Path clientCa,
            @DefaultValue("kube-apiserver") List<String> clientSubjects) {}
}
