package io.podoffload.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/**
 * The webhook laid out as an image has it - its jar, its libraries beside it, and where the JDK can (25 and later) an AOT
 * cache trained by a run under load - in a folder of its own.
 */
final class WebhookApp {

    /** One set of flags for training, start, speed and memory. */
    static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-Xms12m",
            "-Xmn6m",
            "-Xmx64m",
            "-Xss256k",
            "-XX:MinHeapFreeRatio=10",
            "-XX:MaxHeapFreeRatio=25",
            "-XX:-UsePerfData");

    /** What only a JDK with an AOT cache knows. */
    static final List<String> FLAGS_WITH_CACHE = List.of(
            "-XX:+UseCompactObjectHeaders",
            "-XX:TrimNativeHeapInterval=1000",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:ArchiveRelocationMode=0");

    private static final Duration TRAINING = Duration.ofSeconds(6);

    private final Path java;
    private final Path folder;
    private final String apiServer;
    private final Path certificates;
    private final int port;
    private final int managementPort;

    /** @param folder made anew */
    WebhookApp(Path java, Path jar, Path folder, String apiServer, Path certificates, int port, int managementPort)
            throws IOException, InterruptedException {
        this.java = java;
        this.folder = folder;
        this.apiServer = apiServer;
        this.certificates = certificates;
        this.port = port;
        this.managementPort = managementPort;
        Files.createDirectories(folder);
        Path copy = Files.copy(jar, folder.resolve("webhook-boot.jar"));
        run(
                "-Djarmode=tools",
                "-jar",
                copy.toString(),
                "extract",
                "--destination",
                folder.resolve("app").toString());
        Files.move(folder.resolve("app/webhook-boot.jar"), folder.resolve("app/webhook.jar"));
        writeConstantEndpoint(folder.resolve("constant.jar"));
    }

    private void run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("extract.log").toFile())
                .start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("cannot extract the jar; see " + folder.resolve("extract.log"));
        }
    }

    /** A jar and no folder of classes, with which an AOT cache would not be used. */
    private static void writeConstantEndpoint(Path jar) throws IOException {
        String name = ConstantEndpoint.class.getName().replace('.', '/') + ".class";
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                InputStream bytes = Objects.requireNonNull(
                        ConstantEndpoint.class.getClassLoader().getResourceAsStream(name))) {
            out.putNextEntry(new JarEntry(name));
            bytes.transferTo(out);
            out.closeEntry();
        }
    }

    boolean hasCache() {
        return new Jdk(java).isAsInTheImage();
    }

    String javaVersion() {
        return new Jdk(java).version();
    }

    /** A start, reviews of every kind, and an end: what the cache is made of. */
    void train(Load load) throws IOException, InterruptedException {
        if (!hasCache()) {
            return;
        }
        try (Server server = start(List.of("-XX:AOTCacheOutput=" + cache()), "training.log")) {
            server.awaitReady();
            load.run(server, new Load.Work("/mutate", "review-optin-4k.json", 16), TRAINING);
            load.run(server, new Load.Work("/mutate", "review-noop-4k.json", 4, true), TRAINING.dividedBy(3));
        }
        if (!Files.exists(cache())) {
            throw new IllegalStateException("no AOT cache was written; see " + folder.resolve("training.log"));
        }
    }

    private Path cache() {
        return folder.resolve("webhook.aot");
    }

    /** The whole command line's flags, for the table. */
    List<String> flags() {
        List<String> flags = new ArrayList<>(FLAGS);
        if (hasCache()) {
            flags.addAll(FLAGS_WITH_CACHE);
            flags.add("-XX:AOTCache=webhook.aot");
        }
        return flags;
    }

    Server start() throws IOException {
        return start(hasCache() ? List.of("-XX:AOTCache=" + cache()) : List.of(), "webhook.log");
    }

    private Server start(List<String> more, String log) throws IOException {
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(FLAGS);
        if (hasCache()) {
            command.addAll(FLAGS_WITH_CACHE);
        }
        command.addAll(more);
        command.addAll(List.of(
                "-cp",
                folder.resolve("app/webhook.jar") + ":" + folder.resolve("constant.jar"),
                "io.podoffload.webhook.WebhookApplication",
                "--spring.main.sources=" + ConstantEndpoint.class.getName(),
                "--server.address=127.0.0.1",
                "--server.port=" + port,
                "--management.server.address=127.0.0.1",
                "--management.server.port=" + managementPort,
                "--pod-offload.drain=0s",
                "--pod-offload.tls.certificate=" + certificates.resolve("tls.crt"),
                "--pod-offload.tls.private-key=" + certificates.resolve("tls.key")));
        return new Server(
                command,
                Map.of(
                        "MALLOC_ARENA_MAX", "1",
                        "KUBERNETES_MASTER", apiServer,
                        "KUBERNETES_AUTH_TRYKUBECONFIG", "false",
                        "KUBERNETES_AUTH_TRYSERVICEACCOUNT", "false"),
                folder.resolve(log),
                "ready on port");
    }
}
