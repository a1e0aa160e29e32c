package io.podoffload.certs;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Certificates and private keys as text, RFC 7468. */
public final class Pem {

    private static final Pattern CERTIFICATE = block("CERTIFICATE");
    private static final Pattern PRIVATE_KEY = block("PRIVATE KEY");
    private static final byte[] ANYTHING = {1, 2, 3};

    private Pem() {}

    private static Pattern block(String label) {
        return Pattern.compile("-----BEGIN " + label + "-----\\s*([A-Za-z0-9+/=\\s]*?)-----END " + label + "-----");
    }

    /**
     * All certificates of the text, in its order; text around them is passed over.
     *
     * @throws IllegalArgumentException if one of them cannot be read
     */
    public static List<X509Certificate> certificates(String text) {
        List<X509Certificate> certificates = new ArrayList<>();
        Matcher blocks = CERTIFICATE.matcher(text);
        while (blocks.find()) {
            try {
                certificates.add((X509Certificate) CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(decoded(blocks.group(1)))));
            } catch (CertificateException e) {
                throw new IllegalArgumentException("a certificate cannot be read: " + e.getMessage(), e);
            }
        }
        return certificates;
    }

    /**
     * The first private key of the text.
     *
     * @throws IllegalArgumentException if there is none that can be read; the message never holds a part of it
     */
    public static PrivateKey privateKey(String text) {
        Matcher block = PRIVATE_KEY.matcher(text);
        if (!block.find()) {
            throw new IllegalArgumentException("there is no PKCS#8 'PRIVATE KEY'; convert one of another form with:"
                    + " openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW");
        }
        PKCS8EncodedKeySpec encoded = new PKCS8EncodedKeySpec(decoded(block.group(1)));
        for (String algorithm : List.of("EC", "RSA", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
            } catch (GeneralSecurityException notOfThisKind) {
                continue;
            }
        }
        throw new IllegalArgumentException("the private key is of no known kind (EC, RSA, Ed25519)");
    }

    private static byte[] decoded(String base64) {
        return Base64.getMimeDecoder().decode(base64);
    }

    /** @throws IllegalArgumentException if the key is not that of the certificate */
    public static void requireMatch(X509Certificate certificate, PrivateKey key) {
        if (!signs(key, certificate)) {
            throw new IllegalArgumentException("the private key is not that of the certificate");
        }
    }

    private static boolean signs(PrivateKey key, X509Certificate certificate) {
        String scheme = switch (key.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> "Ed25519";
        };
        try {
            Signature signing = Signature.getInstance(scheme);
            signing.initSign(key);
            signing.update(ANYTHING);
            byte[] signature = signing.sign();
            Signature verifying = Signature.getInstance(scheme);
            verifying.initVerify(certificate.getPublicKey());
            verifying.update(ANYTHING);
            return verifying.verify(signature);
        } catch (GeneralSecurityException ofDifferentKinds) {
            return false;
        }
    }

    public static String write(List<X509Certificate> certificates) {
        return certificates.stream().map(Pem::write).collect(Collectors.joining());
    }

    public static String write(X509Certificate certificate) {
        try {
            return text("CERTIFICATE", certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("cannot encode a certificate", e);
        }
    }

    static String write(PrivateKey key) {
        return text("PRIVATE KEY", key.getEncoded());
    }

    private static String text(String label, byte[] content) {
        Base64.Encoder lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
        return "-----BEGIN " + label + "-----\n" + lines.encodeToString(content) + "\n-----END " + label + "-----\n";
    }
}
