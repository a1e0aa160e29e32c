package io.podoffload.certs.renewal;

import io.podoffload.certs.CertificateAuthority;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;

/**
 * How long things last.
 *
 * @param authority life of an authority
 * @param certificate life of a serving certificate
 * @param propagation how long an authority has to stand in the caBundle before a certificate of it is served: every API
 *     server has taken the caBundle into use by then
 */
public record Lifetimes(Duration authority, Duration certificate, Duration propagation) {

    public Lifetimes {
        if (certificate.compareTo(propagation.multipliedBy(3)) < 0 || authority.compareTo(certificate) < 0) {
            throw new IllegalArgumentException(
                    "an authority must live at least as long as a certificate (" + certificate
                            + "), and that three times as long as a caBundle takes to be known (" + propagation + ")");
        }
    }

    /** At two thirds of its life; what was backdated for the sake of clocks is no part of that. */
    static Instant renewalOf(X509Certificate certificate) {
        Instant end = certificate.getNotAfter().toInstant();
        Instant begin = certificate.getNotBefore().toInstant().plus(CertificateAuthority.CLOCK_SKEW);
        return end.minus(Duration.between(begin, end).dividedBy(3));
    }

    static boolean isValid(X509Certificate certificate, Instant now) {
        return !now.isBefore(certificate.getNotBefore().toInstant())
                && !now.isAfter(certificate.getNotAfter().toInstant());
    }
}
