package io.podoffload.image;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainer;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Layers, configuration and manifest as an OCI archive. Nothing in it depends on when or where it is made.
 *
 * @see <a href="https://github.com/opencontainers/image-spec">OCI image specification</a>
 */
public final class ImageBuilder {

    /** That of everything in the image: an archive of classes notes the times of the jars. */
    private static final Instant MODIFIED = Instant.ofEpochSecond(1);

    /** What changes least comes first. */
    private static final List<String> LAYERS = List.of("base", "java", "lib", "app", "archives");

    private static final String NAME = "pod-offload";

    /** As the chart's values have it, so that nodes that the archive is imported on need no registry. */
    private static final String REPOSITORY = "ghcr.io/pod-offload/pod-offload";

    private static final int MEBI = 1024 * 1024;

    private ImageBuilder() {}

    /** @param arguments folder of {@code dev/image}, architecture in OCI's words, home of the JDK, and version of the chart */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Path archive = folder.resolve("pod-offload.tar");
        JibContainer image = build(folder, arguments[1], archive, arguments[3]);
        Components components = Components.of(folder, Path.of(arguments[2]));
        Files.writeString(
                folder.resolve("pod-offload.cdx.json"),
                components.sbom(image.getDigest().toString()));
        Files.writeString(
                folder.resolve("pod-offload.provenance.json"),
                components.provenance(image.getDigest().toString(), arguments[1]));
        System.out.printf("%s: %d MiB, %s%n", archive, Files.size(archive) / MEBI, image.getDigest());
    }

    private static JibContainer build(Path folder, String architecture, Path archive, String version) throws Exception {
        JibContainerBuilder builder = Jib.fromScratch()
                .setFormat(ImageFormat.OCI)
                .setPlatforms(Set.of(new Platform(architecture, "linux")))
                .setCreationTime(Instant.EPOCH)
                .setEntrypoint("/opt/java/bin/java")
                .setProgramArguments("@webhook")
                .setWorkingDirectory(AbsoluteUnixPath.get("/app"))
                .setUser("65532:65532")
                .addEnvironmentVariable("MALLOC_ARENA_MAX", "1")
                .addEnvironmentVariable("PATH", "/usr/bin:/opt/java/bin")
                .addEnvironmentVariable("LANG", "C.UTF-8")
                .addLabel("org.opencontainers.image.title", NAME)
                .addLabel("org.opencontainers.image.licenses", "Apache-2.0");
        for (String layer : LAYERS) {
            builder.addFileEntriesLayer(layer(layer, folder.resolve(layer)));
        }
        return builder.containerize(Containerizer.to(TarImage.at(archive).named(REPOSITORY + ":" + version))
                .setOfflineMode(true)
                .setBaseImageLayersCache(folder.resolve("work/layers"))
                .setApplicationLayersCache(folder.resolve("work/layers")));
    }

    private static FileEntriesLayer layer(String name, Path folder) throws IOException {
        FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted().toList()) {
                AbsoluteUnixPath target = target(name, folder.relativize(file).toString());
                if (!target.toString().equals("/")) {
                    layer.addEntry(file, target, permissions(file, target), MODIFIED);
                }
            }
        }
        return layer.build();
    }

    private static AbsoluteUnixPath target(String layer, String path) {
        String place = switch (layer) {
            case "base" -> "/";
            case "java" -> "/opt/java/";
            case "lib" -> "/app/lib/";
            case "app" -> "/app/";
            default -> "/" + layer + "/";
        };
        return AbsoluteUnixPath.get(place + path);
    }

    private static FilePermissions permissions(Path file, AbsoluteUnixPath target) {
        if (target.toString().equals("/tmp")) {
            return FilePermissions.fromOctalString("777");
        }
        return Files.isDirectory(file) || Files.isExecutable(file)
                ? FilePermissions.DEFAULT_FOLDER_PERMISSIONS
                : FilePermissions.DEFAULT_FILE_PERMISSIONS;
    }
}
