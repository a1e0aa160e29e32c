package io.podoffload.certs;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A private certificate authority with an ECDSA P-256 key, which issues serving certificates of the same kind. */
public final class CertificateAuthority {

    /** Certificates begin a little in the past, because the clocks of a cluster's nodes differ. */
    public static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Clock clock;
    private final KeyPair keys;
    private final X509Certificate certificate;

    private CertificateAuthority(Clock clock, KeyPair keys, X509Certificate certificate) {
        this.clock = clock;
        this.keys = keys;
        this.certificate = certificate;
    }

    /** A new authority, valid from now (by {@code clock}) for {@code lifetime}. */
    public static CertificateAuthority create(String commonName, Duration lifetime, Clock clock) {
        try {
            KeyPair keys = newKeys();
            X500Name name = new X500Name("CN=" + commonName);
            X509v3CertificateBuilder draft = draft(name, name, keys.getPublic(), clock.instant(), lifetime);
            draft.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            draft.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            draft.addExtension(
                    Extension.subjectKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
            return new CertificateAuthority(clock, keys, sign(draft, keys.getPrivate()));
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException("cannot make the certificate authority '" + commonName + "'", e);
        }
    }

    /**
     * An authority that was made before.
     *
     * @throws IllegalArgumentException if it is not readable, is none, or certificate and key do not belong together
     */
    public static CertificateAuthority read(PemKeyPair pair, Clock clock) {
        List<X509Certificate> chain = Pem.certificates(pair.certificate());
        if (chain.isEmpty() || chain.get(0).getBasicConstraints() < 0) {
            throw new IllegalArgumentException("the certificate of the authority may not sign others");
        }
        X509Certificate certificate = chain.get(0);
        PrivateKey key = Pem.privateKey(pair.privateKey());
        Pem.requireMatch(certificate, key);
        return new CertificateAuthority(clock, new KeyPair(certificate.getPublicKey(), key), certificate);
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** A serving certificate for the names of {@code service}, valid for {@code lifetime} or as long as this CA. */
    public PemKeyPair issueFor(ServiceName service, Duration lifetime) {
        List<String> names = service.dnsNames();
        return issue(commonName(names.get(0)), names, KeyPurposeId.id_kp_serverAuth, lifetime);
    }

    /**
     * A client certificate, valid for {@code lifetime} or as long as this CA.
     *
     * @param name common name and DNS name, for example {@code kube-apiserver}
     */
    public PemKeyPair issueForClient(String name, Duration lifetime) {
        return issue(name, List.of(name), KeyPurposeId.id_kp_clientAuth, lifetime);
    }

    private PemKeyPair issue(String commonName, List<String> dnsNames, KeyPurposeId purpose, Duration lifetime) {
        try {
            KeyPair leaf = newKeys();
            Instant now = clock.instant();
            Duration left = Duration.between(now, certificate.getNotAfter().toInstant());
            X509v3CertificateBuilder draft = draft(
                    new X500Name(certificate.getSubjectX500Principal().getName()),
                    new X500Name("CN=" + commonName),
                    leaf.getPublic(),
                    now,
                    lifetime.compareTo(left) < 0 ? lifetime : left);
            draft.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            draft.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            draft.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
            draft.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(certificate));
            draft.addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(dnsNames.stream()
                            .map(name -> new GeneralName(GeneralName.dNSName, name))
                            .toArray(GeneralName[]::new)));
            return new PemKeyPair(Pem.write(sign(draft, keys.getPrivate())), Pem.write(leaf.getPrivate()));
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException("cannot issue a certificate for " + commonName, e);
        }
    }

    /** The certificate that goes into a webhook's {@code caBundle}, and the key that signs. */
    public PemKeyPair pem() {
        return new PemKeyPair(Pem.write(certificate), Pem.write(keys.getPrivate()));
    }

    /** A common name holds at most 64 characters (RFC 5280, ub-common-name); the SAN carries the whole name. */
    private static String commonName(String dnsName) {
        return dnsName.length() <= 64 ? dnsName : dnsName.substring(0, 64);
    }

    private static X509v3CertificateBuilder draft(
            X500Name issuer, X500Name subject, PublicKey key, Instant now, Duration lifetime) {
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(127, RANDOM).add(BigInteger.ONE),
                Date.from(now.minus(CLOCK_SKEW)),
                Date.from(now.plus(lifetime)),
                subject,
                key);
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
        return generator.generateKeyPair();
    }

    private static X509Certificate sign(X509v3CertificateBuilder draft, PrivateKey key)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(draft.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    }
}
