package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.Link;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The devices that NetworkManager manages: it writes {@code managed=true} into the key file of each, named by its ifindex.
 *
 * @param folder {@code /run/NetworkManager/devices} on a node
 */
public record ManagedDevices(Path folder) {

    public boolean contains(Link link) {
        Path file = folder.resolve(String.valueOf(link.index()));
        try {
            return Files.exists(file) && Files.readString(file).contains("managed=true");
        } catch (IOException e) {
            return false; // it went with its device
        }
    }
}
