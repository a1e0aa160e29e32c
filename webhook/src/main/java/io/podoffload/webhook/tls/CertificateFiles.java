package io.podoffload.webhook.tls;

import io.micrometer.core.instrument.MeterRegistry;
import io.podoffload.certs.PemKeyPair;
import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.files.Reloading;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;

/** A certificate and a key that somebody else writes, and renews: cert-manager, or a person. */
@Component
@ConditionalOnProperty(name = "pod-offload.certificates.mode", havingValue = "files", matchIfMissing = true)
final class CertificateFiles implements CertificateSource {

    private final Reloading<PemKeyPair> pair;
    private volatile Consumer<PemKeyPair> user = nobody -> {};

    CertificateFiles(WebhookProperties properties, MeterRegistry meters) {
        WebhookProperties.Tls tls = properties.tls();
        List<Path> files = List.of(tls.certificate(), tls.privateKey());
        try {
            pair = new Reloading<>(
                    "certificate", files, meters, CertificateFiles::read, changed -> user.accept(changed));
        } catch (Exception e) {
            throw new TlsFilesCheck.UnusableTlsFile("the files " + files + " cannot be used: " + e.getMessage());
        }
    }

    private static PemKeyPair read(List<byte[]> contents) {
        PemKeyPair pair = new PemKeyPair(text(contents.get(0)), text(contents.get(1)));
        ServingCertificate.store(pair); // refuses what cannot be served
        return pair;
    }

    private static String text(byte[] pem) {
        return new String(pem, StandardCharsets.US_ASCII);
    }

    @Override
    public void follow(Consumer<PemKeyPair> user) {
        this.user = user;
        user.accept(pair.current());
    }

    @Override
    public Optional<String> waitingFor() {
        return Optional.empty();
    }

    @Override
    public void close() {
        pair.close();
    }
}
