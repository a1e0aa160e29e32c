package io.podoffload.certs.renewal;

import io.podoffload.certs.CertificateAuthority;
import io.podoffload.certs.Pem;
import io.podoffload.certs.PemKeyPair;
import io.podoffload.certs.ServiceName;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the Secret holds. A part that is missing or damaged is empty; nothing is ever thrown for it.
 *
 * @param authorities whom callers are to trust, the one that signs first
 * @param signing the one that signs, with its key
 * @param serving what is served, a certificate and key that belong together
 */
public record Keyring(List<X509Certificate> authorities, Optional<PemKeyPair> signing, Optional<PemKeyPair> serving) {

    public static final String AUTHORITIES = "ca.crt";
    public static final String SIGNING_KEY = "ca.key";
    public static final String CERTIFICATE = "tls.crt";
    public static final String PRIVATE_KEY = "tls.key";

    public static final Keyring EMPTY = new Keyring(List.of(), Optional.empty(), Optional.empty());

    public Keyring {
        authorities = List.copyOf(authorities);
    }

    /** Reads the entries of a Secret, decoded. */
    public static Keyring read(Map<String, String> entries) {
        List<X509Certificate> authorities = readable(entries.getOrDefault(AUTHORITIES, ""));
        Optional<PemKeyPair> signing = authorities.stream()
                .findFirst()
                .flatMap(first -> pair(Pem.write(first), entries.getOrDefault(SIGNING_KEY, "")))
                .filter(pair -> Pem.certificates(pair.certificate()).get(0).getBasicConstraints() >= 0);
        return new Keyring(
                authorities,
                signing,
                pair(entries.getOrDefault(CERTIFICATE, ""), entries.getOrDefault(PRIVATE_KEY, "")));
    }

    /** The entries of a Secret. */
    public Map<String, String> entries() {
        return Map.of(
                AUTHORITIES,
                bundle(),
                SIGNING_KEY,
                signing.map(PemKeyPair::privateKey).orElse(""),
                CERTIFICATE,
                serving.map(PemKeyPair::certificate).orElse(""),
                PRIVATE_KEY,
                serving.map(PemKeyPair::privateKey).orElse(""));
    }

    /** PEM of all authorities, as it goes into a caBundle. */
    public String bundle() {
        return Pem.write(authorities);
    }

    /** The certificates of a PEM text; none where one of them is damaged. */
    public static List<X509Certificate> readable(String pem) {
        try {
            return Pem.certificates(pem);
        } catch (IllegalArgumentException damaged) {
            return List.of();
        }
    }

    private static Optional<PemKeyPair> pair(String certificate, String privateKey) {
        try {
            List<X509Certificate> chain = Pem.certificates(certificate);
            PrivateKey key = Pem.privateKey(privateKey);
            if (chain.isEmpty()) {
                return Optional.empty();
            }
            Pem.requireMatch(chain.get(0), key);
            return Optional.of(new PemKeyPair(certificate, privateKey));
        } catch (IllegalArgumentException damaged) {
            return Optional.empty();
        }
    }

    /** The certificate that signs, if its key is there. */
    public Optional<X509Certificate> signingCertificate() {
        return signing.map(pair -> Pem.certificates(pair.certificate()).get(0));
    }

    /** The certificate that is served. */
    public Optional<X509Certificate> servingCertificate() {
        return serving.map(pair -> Pem.certificates(pair.certificate()).get(0));
    }

    /** Whether nothing is missing, and what is served is of one of the authorities. */
    public boolean isWhole() {
        return signing.isPresent()
                && servingCertificate()
                        .filter(one -> isSignedByOneOf(one, authorities))
                        .isPresent();
    }

    /** Whether one of them signed it. */
    public static boolean isSignedByOneOf(X509Certificate certificate, List<X509Certificate> authorities) {
        return authorities.stream().anyMatch(authority -> isSignedBy(certificate, authority));
    }

    static boolean isSignedBy(X509Certificate certificate, X509Certificate authority) {
        try {
            certificate.verify(authority.getPublicKey());
            return true;
        } catch (GeneralSecurityException ofAnother) {
            return false;
        }
    }

    /** With a new authority that signs from now on; those of before are trusted on as long as they are valid. */
    Keyring withNewAuthority(Lifetimes lifetimes, List<X509Certificate> alsoTrusted, Instant now) {
        CertificateAuthority authority =
                CertificateAuthority.create("pod-offload CA", lifetimes.authority(), Clock.fixed(now, ZoneOffset.UTC));
        List<X509Certificate> all = Stream.concat(
                        Stream.of(authority.certificate()),
                        Stream.concat(authorities.stream(), alsoTrusted.stream())
                                .filter(one -> Lifetimes.isValid(one, now)))
                .distinct()
                .toList();
        return new Keyring(all, Optional.of(authority.pem()), serving);
    }

    /** With a new certificate, signed by the authority that signs. */
    Keyring withNewCertificate(ServiceName service, Lifetimes lifetimes, Instant now) {
        CertificateAuthority authority =
                CertificateAuthority.read(signing.orElseThrow(), Clock.fixed(now, ZoneOffset.UTC));
        return new Keyring(authorities, signing, Optional.of(authority.issueFor(service, lifetimes.certificate())));
    }

    /** Trusting only the authority that signs. */
    Keyring withoutOldAuthorities() {
        return new Keyring(authorities.subList(0, 1), signing, serving);
    }

    /** Names what is there and hides the keys. */
    @Override
    public String toString() {
        return "Keyring[" + authorities.size() + " authorities, signing " + signing.isPresent() + ", serving "
                + servingCertificate()
                        .map(one -> "until " + one.getNotAfter().toInstant())
                        .orElse("nothing") + "]";
    }
}
