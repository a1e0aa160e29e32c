package io.podoffload.webhook.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import org.jspecify.annotations.Nullable;

/** Whether a certificate and a private key belong together; while both files are being replaced they may not. */
record KeyPairCheck(PublicKey publicKey, @Nullable PrivateKey privateKey) {

    private static final byte[] ANYTHING = {1, 2, 3};

    void orThrow() {
        if (privateKey == null) {
            throw new IllegalArgumentException("there is no private key in the PEM file");
        }
        try {
            if (!publicKey.getAlgorithm().equals(privateKey.getAlgorithm()) || !verifies(privateKey)) {
                throw new IllegalArgumentException("the private key is not that of the certificate");
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the private key cannot be used: " + e.getMessage(), e);
        }
    }

    private boolean verifies(PrivateKey key) throws GeneralSecurityException {
        String scheme = switch (key.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> key.getAlgorithm(); // Ed25519, Ed448
        };
        Signature signing = Signature.getInstance(scheme);
        signing.initSign(key);
        signing.update(ANYTHING);
        byte[] signature = signing.sign();
        Signature verifying = Signature.getInstance(scheme);
        verifying.initVerify(publicKey);
        verifying.update(ANYTHING);
        return verifying.verify(signature);
    }
}
