package io.podoffload.webhook.tls;

import io.podoffload.certs.PemKeyPair;
import java.util.Optional;
import java.util.function.Consumer;

/** Where the serving certificate and its key come from: files, or the webhook itself. */
public interface CertificateSource extends AutoCloseable {

    /** Calls {@code user} with the certificate, now if there is one, and with each later one. */
    void follow(Consumer<PemKeyPair> user);

    /** What has to happen before the API server can accept the certificate for the first time. */
    Optional<String> waitingFor();

    @Override
    void close();
}
