package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An OCI archive, unpacked, whose programs run in containers by crun: with user, capabilities, root file system and mounts as a pod
 * template says. Control groups are left out.
 *
 * @see <a href="https://github.com/opencontainers/runtime-spec">OCI runtime specification</a>
 */
final class ContainerImage {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final AtomicInteger LAST = new AtomicInteger();

    private final Path folder;
    private final JsonNode configuration;
    private final Map<String, String> running = new ConcurrentHashMap<>(); // container of each name

    ContainerImage(Path archive, Path folder) {
        this.folder = folder;
        try {
            // a mount of its own, as the root of a container is: crun makes the one that it lies on private
            Files.createDirectories(folder);
            Programs.run("mount", "-t", "tmpfs", "tmpfs", folder.toString());
            Path blobs = Files.createDirectories(folder.resolve("archive"));
            Files.createDirectories(rootfs());
            Programs.run("tar", "-xf", archive.toString(), "-C", blobs.toString());
            JsonNode manifest = blob(
                    blobs,
                    JSON.readTree(blobs.resolve("index.json"))
                            .path("manifests")
                            .path(0)
                            .path("digest"));
            for (JsonNode layer : manifest.path("layers")) {
                Programs.run(
                        "tar",
                        "--warning=no-unknown-keyword",
                        "-xzf",
                        blobFile(blobs, layer.path("digest")).toString(),
                        "-C",
                        rootfs().toString());
            }
            configuration = blob(blobs, manifest.path("config").path("digest")).path("config");
            // as systemd has it: a namespace that is mounted later appears in a container with HostToContainer
            Programs.run("mount", "--make-rshared", "/");
            // crun refuses to start under some layouts of control groups, which it is not to use here
            Programs.run("mount", "-t", "tmpfs", "tmpfs", "/sys/fs/cgroup");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path rootfs() {
        return folder.resolve("rootfs");
    }

    private static Path blobFile(Path blobs, JsonNode digest) {
        return blobs.resolve("blobs").resolve(digest.asString().replace(':', '/'));
    }

    private static JsonNode blob(Path blobs, JsonNode digest) throws IOException {
        return JSON.readTree(blobFile(blobs, digest));
    }

    /**
     * The command that runs the first container of a pod.
     *
     * @param arguments what follows the first argument of the container, which names the program
     * @param volumes folders for volumes that are not of the host, or elsewhere on this one, by name; and more, by path
     */
    List<String> run(
            String name,
            PodSpec pod,
            List<String> arguments,
            Map<String, String> environment,
            Map<String, Path> volumes) {
        Container container = pod.getContainers().get(0);
        List<String> args = new ArrayList<>();
        configuration.path("Entrypoint").forEach(word -> args.add(word.asString()));
        args.add(container.getArgs().get(0));
        args.addAll(arguments);
        ObjectNode spec = JSON.createObjectNode().put("ociVersion", "1.0.0");
        spec.putObject("root")
                .put("path", rootfs().toString())
                .put(
                        "readonly",
                        Boolean.TRUE.equals(container.getSecurityContext().getReadOnlyRootFilesystem()));
        process(spec.putObject("process"), pod, container.getSecurityContext(), args, environment);
        mounts(spec.putArray("mounts"), pod, container, volumes);
        ArrayNode namespaces = spec.putObject("linux").putArray("namespaces");
        Stream.of("pid", "mount", "ipc", "uts")
                .forEach(type -> namespaces.addObject().put("type", type));
        spec.withObject("/linux").put("rootfsPropagation", "rslave");
        String id = name + LAST.incrementAndGet();
        try {
            Path bundle = Files.createDirectories(folder.resolve(id));
            Files.writeString(bundle.resolve("config.json"), spec.toString());
            running.put(name, id);
            return List.of("crun", "--cgroup-manager=disabled", "run", "--bundle", bundle.toString(), id);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command that runs another program in the container that was last started by this name, as kubectl exec does. */
    List<String> exec(String name, List<String> command) {
        List<String> words =
                new ArrayList<>(List.of("crun", "--cgroup-manager=disabled", "exec", running.getOrDefault(name, name)));
        words.addAll(command);
        return words;
    }

    private void process(
            ObjectNode process,
            PodSpec pod,
            SecurityContext security,
            List<String> args,
            Map<String, String> environment) {
        long user = pod.getSecurityContext().getRunAsUser();
        process.put("terminal", false)
                .put("cwd", configuration.path("WorkingDir").asString());
        process.putObject("user").put("uid", user).put("gid", user);
        ArrayNode words = process.putArray("args");
        args.forEach(words::add);
        ArrayNode variables = process.putArray("env");
        configuration.path("Env").forEach(variables::add);
        environment.forEach((variable, value) -> variables.add(variable + "=" + value));
        process.put("noNewPrivileges", Boolean.FALSE.equals(security.getAllowPrivilegeEscalation()));
        ObjectNode capabilities = process.putObject("capabilities");
        for (String set : List.of("bounding", "effective", "permitted")) {
            ArrayNode names = capabilities.putArray(set);
            security.getCapabilities().getAdd().forEach(name -> names.add("CAP_" + name));
        }
    }

    private static void mounts(ArrayNode mounts, PodSpec pod, Container container, Map<String, Path> volumes) {
        mounts.addObject().put("destination", "/proc").put("type", "proc").put("source", "proc");
        mount(mounts, "/dev", "tmpfs", "tmpfs", List.of("nosuid", "mode=755", "size=65536k"));
        Map<String, Volume> byName = new HashMap<>();
        pod.getVolumes().forEach(volume -> byName.put(volume.getName(), volume));
        for (VolumeMount wanted : container.getVolumeMounts()) {
            Volume volume = byName.get(wanted.getName());
            if (volume != null && volume.getEmptyDir() != null) {
                mount(mounts, wanted.getMountPath(), "tmpfs", "tmpfs", List.of("nosuid", "nodev", "mode=1777"));
            } else if (volume != null) {
                Path source = volumes.getOrDefault(
                        wanted.getName(),
                        Path.of(
                                volume.getHostPath() == null
                                        ? ""
                                        : volume.getHostPath().getPath()));
                if (volume.getHostPath() != null
                        && "DirectoryOrCreate".equals(volume.getHostPath().getType())) {
                    create(source); // as the kubelet does
                }
                mount(mounts, wanted.getMountPath(), "bind", source.toString(), options(wanted));
            }
        }
        volumes.forEach((place, source) -> {
            if (place.startsWith("/")) {
                mount(mounts, place, "bind", source.toString(), List.of("rbind", "ro"));
            }
        });
    }

    private static List<String> options(VolumeMount wanted) {
        String propagation = "HostToContainer".equals(wanted.getMountPropagation()) ? "rslave" : "rprivate";
        return List.of("rbind", propagation, Boolean.TRUE.equals(wanted.getReadOnly()) ? "ro" : "rw");
    }

    private static void create(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void mount(ArrayNode mounts, String destination, String type, String source, List<String> options) {
        ObjectNode mount = mounts.addObject()
                .put("destination", destination)
                .put("type", type)
                .put("source", source);
        ArrayNode words = mount.putArray("options");
        options.forEach(words::add);
    }
}
