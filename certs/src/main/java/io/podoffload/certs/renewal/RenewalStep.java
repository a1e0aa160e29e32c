package io.podoffload.certs.renewal;

import java.time.Duration;

/** What is to be done next. */
public sealed interface RenewalStep {

    /** Does it; returns how long it is until somebody has to look again. */
    Duration applyTo(CertificateHome home);

    /** Write this into the Secret, if it is still what was looked at. */
    record Store(Keyring keyring, String because) implements RenewalStep {
        @Override
        public Duration applyTo(CertificateHome home) {
            home.store(keyring, because);
            return Duration.ZERO;
        }
    }

    /** Make this PEM text the caBundle of every entry of the webhook configuration. */
    record Publish(String bundle) implements RenewalStep {
        @Override
        public Duration applyTo(CertificateHome home) {
            home.publish(bundle);
            return Duration.ZERO;
        }
    }

    /** Nothing now; look again after so long at the latest. */
    record Wait(Duration atMost) implements RenewalStep {
        @Override
        public Duration applyTo(CertificateHome home) {
            return atMost;
        }
    }
}
