package io.podoffload.binder.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A made-up sysfs with PFs, VFs and netdevs. */
final class SysfsTree {

    private final Path root;

    SysfsTree(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    SysfsTree vf(String pf, String vf, int index) {
        return attempt(() -> {
            Files.createDirectories(device(vf).resolve("net"));
            Files.createDirectories(device(pf).resolve("net"));
            Files.createSymbolicLink(device(vf).resolve("physfn"), Path.of("..", pf));
            Files.createSymbolicLink(device(pf).resolve("virtfn" + index), Path.of("..", vf));
        });
    }

    /** A netdev below a PCI device, as all are on kernels from 5.8. */
    SysfsTree netdev(String pci, String name, String switchId, String portName) {
        return attempt(() -> {
            Path netdev = Files.createDirectories(device(pci).resolve("net/" + name));
            describe(netdev, switchId, portName);
            Files.createDirectories(root.resolve("class/net"));
            Files.createSymbolicLink(root.resolve("class/net/" + name), netdev);
        });
    }

    /** A netdev without a PCI device, as representors were on kernels before 5.8. */
    SysfsTree virtualNetdev(String name, String switchId, String portName) {
        return attempt(() -> {
            Path netdev = Files.createDirectories(root.resolve("devices/virtual/net/" + name));
            describe(netdev, switchId, portName);
            Files.createDirectories(root.resolve("class/net"));
            Files.createSymbolicLink(root.resolve("class/net/" + name), netdev);
        });
    }

    SysfsTree driver(String pci, String driver) {
        return attempt(() -> {
            Path folder =
                    Files.createDirectories(root.resolve("bus/pci/drivers").resolve(driver));
            Files.createSymbolicLink(device(pci).resolve("driver"), folder);
        });
    }

    SysfsTree ids(String pci, String vendor, String device) {
        return attempt(() -> {
            Files.writeString(device(pci).resolve("vendor"), vendor + "\n");
            Files.writeString(device(pci).resolve("device"), device + "\n");
        });
    }

    private static void describe(Path netdev, String switchId, String portName) throws IOException {
        if (!switchId.isEmpty()) {
            Files.writeString(netdev.resolve("phys_switch_id"), switchId + "\n");
        }
        if (!portName.isEmpty()) {
            Files.writeString(netdev.resolve("phys_port_name"), portName + "\n");
        }
    }

    private Path device(String pci) {
        return root.resolve("bus/pci/devices").resolve(pci);
    }

    private interface Writing {
        void run() throws IOException;
    }

    private SysfsTree attempt(Writing writing) {
        try {
            writing.run();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
