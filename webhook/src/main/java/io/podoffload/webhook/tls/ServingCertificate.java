package io.podoffload.webhook.tls;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.files.Reloading;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.ssl.SslBundleRegistrar;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.pem.PemSslStore;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.stereotype.Component;

/**
 * The certificate that the webhook serves with, and the authority of its clients where there is one. Both are taken into
 * use anew when their files change, without a connection lost.
 */
@Component
public final class ServingCertificate implements SslBundleRegistrar, DisposableBean {

    static final String BUNDLE = "webhook";

    private final Reloading<Keys> keys;
    private final Clock clock;
    private volatile @Nullable SslBundleRegistry registry;

    private record Keys(X509Certificate certificate, SslBundle bundle) {}

    ServingCertificate(WebhookProperties properties, MeterRegistry meters, Clock clock) {
        this.clock = clock;
        WebhookProperties.Tls tls = properties.tls();
        List<Path> files = new ArrayList<>(List.of(tls.certificate(), tls.privateKey()));
        if (tls.clientCa() != null) {
            files.add(tls.clientCa());
        }
        try {
            keys = new Reloading<>("certificate", files, meters, ServingCertificate::read, this::publish);
        } catch (Exception e) {
            throw new TlsFilesCheck.UnusableTlsFile("the files " + files + " cannot be used: " + e.getMessage());
        }
        TimeGauge.builder(
                        "pod.offload.webhook.certificate.expiry",
                        this,
                        TimeUnit.SECONDS,
                        one -> one.validFor().toSeconds())
                .description("Time until the serving certificate expires")
                .register(meters);
    }

    private static Keys read(List<byte[]> pem) {
        PemSslStore own = Objects.requireNonNull(PemSslStore.load(
                PemSslStoreDetails.forCertificates(text(pem.get(0))).withPrivateKey(text(pem.get(1)))));
        List<X509Certificate> chain = Objects.requireNonNull(own.certificates());
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("there is no certificate in the PEM file");
        }
        new KeyPairCheck(chain.get(0).getPublicKey(), own.privateKey()).orThrow();
        PemSslStore clients =
                pem.size() < 3 ? null : PemSslStore.load(PemSslStoreDetails.forCertificates(text(pem.get(2))));
        return new Keys(chain.get(0), SslBundle.of(new PemSslStoreBundle(own, clients)));
    }

    private static String text(byte[] pem) {
        return new String(pem, StandardCharsets.US_ASCII);
    }

    private void publish(Keys changed) {
        SslBundleRegistry bundles = registry;
        if (bundles != null) {
            bundles.updateBundle(BUNDLE, changed.bundle());
        }
    }

    @Override
    public void registerBundles(SslBundleRegistry bundles) {
        bundles.registerBundle(BUNDLE, keys.current().bundle());
        registry = bundles;
    }

    private Duration validFor() {
        return Duration.between(
                clock.instant(), keys.current().certificate().getNotAfter().toInstant());
    }

    /** Why clients will not accept it now; null where they will. */
    public @Nullable String invalid() {
        try {
            keys.current().certificate().checkValidity(Date.from(Instant.now(clock)));
            return null;
        } catch (CertificateExpiredException | CertificateNotYetValidException e) {
            return e.getMessage();
        }
    }

    @Override
    public void destroy() {
        keys.close();
    }
}
