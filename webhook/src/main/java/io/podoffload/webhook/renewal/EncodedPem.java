package io.podoffload.webhook.renewal;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** PEM text in the base64 that JSON has for bytes, in Secrets and in a caBundle. */
final class EncodedPem {

    private EncodedPem() {}

    static String of(String pem) {
        return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII));
    }

    /** Empty where there is nothing that can be decoded. */
    static String decoded(@Nullable String encoded) {
        try {
            return encoded == null ? "" : new String(Base64.getDecoder().decode(encoded), StandardCharsets.US_ASCII);
        } catch (IllegalArgumentException notBase64) {
            return "";
        }
    }
}
