package io.podoffload.certs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A certificate and its private key.
 *
 * @param certificate PEM, {@code CERTIFICATE}
 * @param privateKey PEM, PKCS#8 {@code PRIVATE KEY}
 */
public record PemKeyPair(String certificate, String privateKey) {

    /** Writes both files; the key is readable by its owner only (mode 0400), and never half-written. */
    public void writeTo(Path certificateFile, Path privateKeyFile) throws IOException {
        write(certificateFile, certificate, "r--r--r--");
        write(privateKeyFile, privateKey, "r--------");
    }

    private static void write(Path file, String text, String mode) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        Path draft = Files.createTempFile(
                folder, ".pem", "", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(draft, text);
        Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString(mode));
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Hides the private key, so that a log line cannot leak it. */
    @Override
    public String toString() {
        return "PemKeyPair[certificate=" + certificate.length() + " characters, privateKey=hidden]";
    }
}
