package io.podoffload.certs.renewal;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is true when somebody looks.
 *
 * @param stored what the Secret holds now
 * @param remembered what was last known to be whole
 * @param published whether every caBundle is exactly what the Secret's authorities make
 * @param trusted the certificates that every caBundle holds
 * @param trustedFor how long the authority that signs has been seen among them
 * @param served what each replica serves; empty for one that cannot be asked
 * @param now by the clock of the API server: it is the one that judges
 */
public record Situation(
        Keyring stored,
        Keyring remembered,
        boolean published,
        List<X509Certificate> trusted,
        Duration trustedFor,
        List<Optional<X509Certificate>> served,
        Instant now) {

    /** Whether any replica serves what callers accept now, so that a step too early would lose their calls. */
    boolean anyServesWhatIsTrusted() {
        return served.stream()
                .flatMap(Optional::stream)
                .anyMatch(one -> Lifetimes.isValid(one, now)
                        && Keyring.isSignedByOneOf(
                                one,
                                trusted.stream()
                                        .filter(authority -> Lifetimes.isValid(authority, now))
                                        .toList()));
    }

    /** Whether it is known of every replica that it serves a certificate of {@code authority}. */
    boolean allServeThatOf(X509Certificate authority) {
        return !served.isEmpty()
                && served.stream()
                        .allMatch(one -> one.filter(certificate -> Keyring.isSignedBy(certificate, authority))
                                .isPresent());
    }
}
