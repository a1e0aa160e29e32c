package io.podoffload.webhook.tls;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.podoffload.certs.CertificateAuthority;
import io.podoffload.certs.Pem;
import io.podoffload.certs.PemKeyPair;
import io.podoffload.certs.ServiceName;
import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.files.Reloading;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.ssl.SslBundleRegistrar;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.pem.PemSslStore;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.stereotype.Component;

/**
 * The certificate that the webhook serves with, and the authority of its clients where there is one. Both are taken into
 * use anew when they change, without a connection lost.
 */
@Component
public final class ServingCertificate
        implements SslBundleRegistrar, ApplicationListener<WebServerInitializedEvent>, DisposableBean {

    static final String BUNDLE = "webhook";

    private final CertificateSource source;
    private final @Nullable Reloading<PemSslStore> clients;
    private final Clock clock;
    private @Nullable PemSslStore own;
    private @Nullable SslBundleRegistry registry;

    ServingCertificate(CertificateSource source, WebhookProperties properties, MeterRegistry meters, Clock clock) {
        this.source = source;
        this.clock = clock;
        clients = clients(properties.tls().clientCa(), meters);
        source.follow(this::serve);
        TimeGauge.builder(
                        "pod.offload.webhook.certificate.expiry",
                        this,
                        TimeUnit.SECONDS,
                        one -> one.validFor().toSeconds())
                .description("Time until the serving certificate expires")
                .register(meters);
    }

    private @Nullable Reloading<PemSslStore> clients(@Nullable Path file, MeterRegistry meters) {
        if (file == null) {
            return null;
        }
        try {
            return new Reloading<>(
                    "client authority", List.of(file), meters, ServingCertificate::authority, changed -> publish());
        } catch (Exception e) {
            throw new TlsFilesCheck.UnusableTlsFile("the file " + file + " cannot be used: " + e.getMessage());
        }
    }

    private static PemSslStore authority(List<byte[]> contents) {
        return Objects.requireNonNull(PemSslStore.load(
                PemSslStoreDetails.forCertificates(new String(contents.get(0), StandardCharsets.US_ASCII))));
    }

    /**
     * Certificate and key as they can be served.
     *
     * @throws IllegalArgumentException if they cannot, for example because they do not belong together
     */
    static PemSslStore store(PemKeyPair pair) {
        PemSslStore store = Objects.requireNonNull(PemSslStore.load(
                PemSslStoreDetails.forCertificates(pair.certificate()).withPrivateKey(pair.privateKey())));
        List<X509Certificate> chain = Objects.requireNonNull(store.certificates());
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("there is no certificate in the PEM file");
        }
        PrivateKey key = store.privateKey();
        if (key == null) {
            throw new IllegalArgumentException("there is no private key in the PEM file");
        }
        Pem.requireMatch(chain.get(0), key);
        return store;
    }

    private void serve(PemKeyPair pair) {
        PemSslStore store = store(pair);
        synchronized (this) {
            own = store;
        }
        publish();
    }

    private synchronized void publish() {
        if (registry != null && own != null) {
            registry.updateBundle(BUNDLE, bundle(own));
        }
    }

    private SslBundle bundle(PemSslStore serving) {
        return SslBundle.of(new PemSslStoreBundle(serving, clients == null ? null : clients.current()));
    }

    @Override
    public synchronized void registerBundles(SslBundleRegistry bundles) {
        bundles.registerBundle(BUNDLE, bundle(own == null ? placeholder() : own));
        registry = bundles;
    }

    /** A certificate that came while the server was being made did not reach it. */
    @Override
    public void onApplicationEvent(WebServerInitializedEvent event) {
        publish();
    }

    /** The port opens before there is a certificate; nobody trusts this one, and nobody is sent here before. */
    private PemSslStore placeholder() {
        Duration aDay = Duration.ofDays(1);
        return store(CertificateAuthority.create("not issued yet", aDay, clock)
                .issueFor(new ServiceName("not-issued-yet", "pod-offload"), aDay));
    }

    private synchronized @Nullable X509Certificate current() {
        return own == null ? null : Objects.requireNonNull(own.certificates()).get(0);
    }

    private Duration validFor() {
        X509Certificate certificate = current();
        return certificate == null
                ? Duration.ZERO
                : Duration.between(clock.instant(), certificate.getNotAfter().toInstant());
    }

    /** Why clients will not accept it now; null where they will. */
    public @Nullable String invalid() {
        Optional<String> waitingFor = source.waitingFor();
        X509Certificate certificate = current();
        if (waitingFor.isPresent() || certificate == null) {
            return "waiting for " + waitingFor.orElse("it");
        }
        try {
            certificate.checkValidity(Date.from(Instant.now(clock)));
            return null;
        } catch (CertificateExpiredException | CertificateNotYetValidException e) {
            return e.getMessage();
        }
    }

    @Override
    public void destroy() {
        source.close();
        if (clients != null) {
            clients.close();
        }
    }
}
