package io.podoffload.certs.renewal;

import io.podoffload.certs.ServiceName;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One step at a time, each safe by itself: an authority is published before anything of it is served, and trusted until
 * nothing of it is served any more. Whoever looks, and however often, comes to the same end.
 */
public final class RenewalPlanner {

    private static final Duration LOOK_AGAIN_SOON = Duration.ofSeconds(10);
    private static final Duration LOOK_AGAIN = Duration.ofHours(1);
    private static final Duration AT_ONCE = Duration.ofMillis(100);

    private final ServiceName service;
    private final Lifetimes lifetimes;

    public RenewalPlanner(ServiceName service, Lifetimes lifetimes) {
        this.service = service;
        this.lifetimes = lifetimes;
    }

    /** The next step. */
    public RenewalStep next(Situation situation) {
        Keyring stored = situation.stored();
        Instant now = situation.now();
        if (!stored.isWhole() && isOfUse(situation.remembered(), now)) {
            return new RenewalStep.Store(situation.remembered(), "the Secret was deleted or damaged");
        }
        Optional<String> authorityDue = authorityDue(stored, now);
        if (authorityDue.isPresent()) {
            return new RenewalStep.Store(
                    stored.withNewAuthority(lifetimes, situation.trusted(), now), authorityDue.get());
        }
        if (!situation.published()) {
            return new RenewalStep.Publish(stored.bundle());
        }
        Optional<String> certificateDue = certificateDue(stored, now);
        if (certificateDue.isPresent()) {
            Duration early = lifetimes.propagation().minus(situation.trustedFor());
            return early.isNegative() || early.isZero() || !situation.anyServesWhatIsTrusted()
                    ? new RenewalStep.Store(stored.withNewCertificate(service, lifetimes, now), certificateDue.get())
                    : new RenewalStep.Wait(early.plus(AT_ONCE));
        }
        if (stored.authorities().size() > 1) {
            return situation.allServeThatOf(stored.authorities().get(0))
                    ? new RenewalStep.Store(
                            stored.withoutOldAuthorities(), "every replica serves a certificate of the new authority")
                    : new RenewalStep.Wait(LOOK_AGAIN_SOON);
        }
        return new RenewalStep.Wait(untilNextRenewal(stored, now));
    }

    private static boolean isOfUse(Keyring remembered, Instant now) {
        return remembered.isWhole() && authorityDue(remembered, now).isEmpty();
    }

    private Duration untilNextRenewal(Keyring stored, Instant now) {
        Duration left =
                List.of(
                                stored.signingCertificate().orElseThrow(),
                                stored.servingCertificate().orElseThrow())
                        .stream()
                        .map(one -> Duration.between(now, Lifetimes.renewalOf(one)))
                        .min(Duration::compareTo)
                        .orElseThrow();
        return left.compareTo(LOOK_AGAIN) < 0 ? left.plus(AT_ONCE) : LOOK_AGAIN;
    }

    private static Optional<String> authorityDue(Keyring stored, Instant now) {
        if (stored.signingCertificate().isEmpty()) {
            return Optional.of("there is no authority yet");
        }
        return due("authority", stored.signingCertificate().get(), now);
    }

    private Optional<String> certificateDue(Keyring stored, Instant now) {
        if (stored.servingCertificate().isEmpty()) {
            return Optional.of("there is no certificate yet");
        }
        X509Certificate serving = stored.servingCertificate().get();
        if (!Keyring.isSignedBy(serving, stored.signingCertificate().orElseThrow())) {
            return Optional.of("the certificate is of another authority than the one that signs");
        }
        if (!ServiceName.namesIn(serving).containsAll(service.dnsNames())) {
            return Optional.of("the certificate is not for all of " + service.dnsNames());
        }
        return due("certificate", serving, now);
    }

    private static Optional<String> due(String what, X509Certificate certificate, Instant now) {
        if (now.isBefore(certificate.getNotBefore().toInstant())) {
            return Optional.of("the " + what + " is not valid yet");
        }
        return now.isBefore(Lifetimes.renewalOf(certificate))
                ? Optional.empty()
                : Optional.of("two thirds of the life of the " + what + " are over");
    }
}
