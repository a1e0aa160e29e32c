package io.podoffload.binder.prepare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The rules that keep NetworkManager from VFs and representors: it would take a VF that comes home for an interface of its
 * own. udevd reads them by itself when they change; devices that are there already keep what they have until they are made
 * anew.
 *
 * @see <a href="https://networkmanager.dev/docs/api/latest/NetworkManager.conf.html">NetworkManager.conf(5), NM_UNMANAGED</a>
 */
final class UdevRules {

    static final String FILE = "90-pod-offload.rules";

    private static final String TEXT = """
            # written by pod-offload: NetworkManager leaves VFs and their representors alone
            SUBSYSTEM=="net", ACTION=="add|change|move", TEST=="device/physfn", ENV{NM_UNMANAGED}="1"
            SUBSYSTEM=="net", ACTION=="add|change|move", ATTR{phys_port_name}=="pf*vf*", ENV{NM_UNMANAGED}="1"
            """;

    private final Path file;

    UdevRules(Path folder) {
        this.file = folder.resolve(FILE);
    }

    boolean areWritten() {
        try {
            return Files.readString(file).equals(TEXT);
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /** Whole or not at all. */
    void write() {
        try {
            Files.createDirectories(file.getParent());
            Path whole = Files.writeString(file.resolveSibling("." + FILE), TEXT);
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot write " + file + ": " + e.getMessage() + "; in a container, mount the host's folder, or set"
                            + " pod-offload.prepare.udev-rules",
                    e);
        }
    }
}
