package io.podoffload.certs.renewal;

import io.podoffload.certs.ServiceName;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Replicas that follow a Secret, and API servers that take a caBundle into use some time after it was written; what they
 * accept is judged by the JDK's certification path validator.
 */
final class ModelCluster implements CertificateHome {

    static final ServiceName SERVICE = new ServiceName("hook", "net");
    static final Lifetimes LIFETIMES = new Lifetimes(Duration.ofDays(3650), Duration.ofDays(90), Duration.ofMinutes(1));

    Instant now = Instant.parse("2026-11-24T12:00:00Z");
    Map<String, String> secret = new HashMap<>();
    String caBundle = "";
    final List<Replica> replicas = new ArrayList<>();
    private String bundleOfApiServer = "";
    private Instant bundleWritten = now;
    private Instant signingSeenSince = now;
    private Optional<X509Certificate> signingSeen = Optional.empty();
    private Keyring remembered = Keyring.EMPTY;
    private final RenewalPlanner planner = new RenewalPlanner(SERVICE, LIFETIMES);
    final List<String> history = new ArrayList<>();

    static final class Replica {
        Optional<X509Certificate> serves = Optional.empty();
        boolean stuck;
    }

    ModelCluster(int replicas) {
        for (int number = 0; number < replicas; number++) {
            this.replicas.add(new Replica());
        }
    }

    void pass(Duration time) {
        now = now.plus(time);
        letApiServersSee();
    }

    private void letApiServersSee() {
        if (!now.isBefore(bundleWritten.plus(LIFETIMES.propagation()))) {
            bundleOfApiServer = caBundle;
        }
    }

    /** Replicas take over what is whole in the Secret, except those that are stuck. */
    void follow() {
        Keyring keyring = Keyring.read(secret);
        if (keyring.isWhole()) {
            remembered = keyring;
        }
        replicas.stream()
                .filter(replica -> !replica.stuck && keyring.isWhole())
                .forEach(replica -> replica.serves = keyring.servingCertificate());
    }

    /** The leader loses its memory, as another replica takes its part. */
    void changeLeader() {
        signingSeen = Optional.empty();
        remembered = Keyring.EMPTY;
    }

    RenewalStep look() {
        Keyring stored = Keyring.read(secret);
        List<X509Certificate> trusted = Keyring.readable(caBundle);
        Optional<X509Certificate> signing = stored.signingCertificate().filter(trusted::contains);
        if (signing.isEmpty() || !signing.equals(signingSeen)) {
            signingSeen = signing;
            signingSeenSince = now;
        }
        Situation situation = new Situation(
                stored,
                remembered,
                !caBundle.isEmpty() && caBundle.equals(stored.bundle()),
                trusted,
                Duration.between(signingSeenSince, now),
                replicas.stream().map(replica -> replica.serves).toList(),
                now);
        RenewalStep step = planner.next(situation);
        step.applyTo(this);
        return step;
    }

    @Override
    public void store(Keyring keyring, String because) {
        history.add(now + " store " + keyring + ", " + because);
        secret = new HashMap<>(keyring.entries());
        follow();
    }

    @Override
    public void publish(String bundle) {
        history.add(now + " publish " + Keyring.readable(bundle).size());
        if (bundleOfApiServer.isEmpty()) {
            bundleOfApiServer = bundle; // nobody has called before
        }
        caBundle = bundle;
        bundleWritten = now;
    }

    /** Looks and waits until nothing is left to do for at least {@code calm}. */
    void settle(Duration calm) {
        for (int looks = 0; looks < 100; looks++) {
            if (look() instanceof RenewalStep.Wait wait) {
                if (wait.atMost().compareTo(calm) >= 0) {
                    return;
                }
                pass(wait.atMost());
                follow();
            }
        }
        throw new AssertionError("it comes to no end: " + lastOfHistory());
    }

    /** Why an API server would not talk to one of the replicas; empty where it would. */
    Optional<String> refusal() {
        for (String bundle : new HashSet<>(Arrays.asList(bundleOfApiServer, caBundle))) {
            for (Optional<X509Certificate> served :
                    replicas.stream().map(replica -> replica.serves).collect(Collectors.toSet())) {
                Optional<String> refusal = refusal(served, bundle);
                if (refusal.isPresent()) {
                    return refusal.map(why -> now + ": " + why + "\n" + lastOfHistory());
                }
            }
        }
        return Optional.empty();
    }

    private String lastOfHistory() {
        return history.stream().skip(Math.max(0, history.size() - 12)).collect(Collectors.joining("\n"));
    }

    private Optional<String> refusal(Optional<X509Certificate> served, String bundle) {
        if (served.isEmpty()) {
            return Optional.of("a replica serves nothing");
        }
        try {
            PKIXParameters parameters = new PKIXParameters(Keyring.readable(bundle).stream()
                    .map(one -> new TrustAnchor(one, null))
                    .collect(Collectors.toSet()));
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(now));
            CertPathValidator.getInstance("PKIX")
                    .validate(
                            CertificateFactory.getInstance("X.509").generateCertPath(List.of(served.get())),
                            parameters);
            return Optional.empty();
        } catch (Exception e) {
            return Optional.of(String.valueOf(e));
        }
    }
}
