package io.podoffload.cluster;

import io.podoffload.sim.Nic;
import io.podoffload.sim.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Brings a VF back when the network namespace that it is in dies, as the kernel does with a device of hardware: a veth would
 * die too. It keeps each namespace of {@code /run/netns} alive by a second mount, until the runtime has removed its own and the
 * VFs are in the node's namespace: down, under their name in the pod or, where that is taken, as {@code dev<ifindex>}.
 */
final class NamespaceKeeper {

    private static final Logger LOG = LoggerFactory.getLogger(NamespaceKeeper.class);
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Path KEPT = Path.of("/run/kept-netns");

    private final Nic nic;
    private final Set<String> kept = new HashSet<>();

    NamespaceKeeper(Nic nic) {
        this.nic = nic;
    }

    /** Returns when namespaces that are made from now on are kept. */
    void start() throws IOException {
        Files.createDirectories(KEPT);
        Programs.run("mount", "-t", "tmpfs", "tmpfs", KEPT.toString());
        Programs.run("mount", "--make-private", KEPT.toString()); // else a mount in it shows up in containers
        WatchService events = NAMESPACES.getFileSystem().newWatchService();
        NAMESPACES.register(events, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
        Thread thread = new Thread(() -> follow(events), "namespaces");
        thread.setDaemon(true);
        thread.start();
    }

    private void follow(WatchService events) {
        try {
            while (true) {
                WatchKey key = events.take();
                key.pollEvents();
                key.reset();
                reconcile();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void reconcile() throws IOException, InterruptedException {
        for (String name : names()) {
            if (!kept.contains(name) && isMounted(NAMESPACES.resolve(name))) {
                Path mount = Files.createFile(KEPT.resolve(name));
                Programs.run("mount", "--bind", NAMESPACES.resolve(name).toString(), mount.toString());
                kept.add(name);
            }
        }
        for (String name : Set.copyOf(kept)) {
            if (!Files.exists(NAMESPACES.resolve(name))) {
                Path mount = KEPT.resolve(name);
                bringBack(mount);
                Programs.run("umount", mount.toString());
                Files.delete(mount);
                kept.remove(name);
            }
        }
    }

    private static Set<String> names() throws IOException {
        Set<String> names = new HashSet<>();
        try (var files = Files.list(NAMESPACES)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        return names;
    }

    /** The runtime makes an empty file first, and mounts the namespace on it a moment later. */
    private static boolean isMounted(Path namespace) throws IOException, InterruptedException {
        FileStore folder = Files.getFileStore(NAMESPACES);
        for (int attempt = 0; attempt < 200 && Files.exists(namespace); attempt++) {
            if (!Files.getFileStore(namespace).equals(folder)) {
                return true;
            }
            Thread.sleep(10);
        }
        return false;
    }

    private void bringBack(Path namespace) {
        for (JsonNode vf : nic.vfsIn(namespace.toString())) {
            String name = vf.path("ifname").asString();
            String back = nic.isTaken(name) ? "dev" + vf.path("ifindex").asInt() : name;
            String node = String.valueOf(ProcessHandle.current().pid());
            Programs.runIn(namespace.toString(), "ip", "link", "set", name, "down");
            Programs.runIn(namespace.toString(), "ip", "link", "set", name, "netns", node, "name", back);
            LOG.info("{} left {} as {}", name, namespace.getFileName(), back);
        }
    }
}
