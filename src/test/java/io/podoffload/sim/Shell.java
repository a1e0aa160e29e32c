package io.podoffload.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A person's bash in the folder of the project: with kubectl and a kubeconfig, and with a {@code /usr/local/bin} of its own, so that what
 * a page says to install there can be installed.
 */
public final class Shell implements AutoCloseable {

    private static final Path INSTALLED = Path.of("/usr/local/bin");

    private final Path project;
    private final Map<String, String> environment = new HashMap<>();

    /** @param home for the kubeconfig, and for what kubectl keeps */
    public Shell(Path project, Path home, String kubeConfig) {
        this.project = project;
        Programs.run("mount", "-t", "tmpfs", "tmpfs", INSTALLED.toString());
        try {
            Path file = Files.createDirectories(home.resolve(".kube")).resolve("config");
            Files.writeString(file, kubeConfig);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        environment.put("HOME", home.toString());
        environment.put(
                "PATH",
                String.join(
                        ":",
                        System.getenv("POD_OFFLOAD_TOOLS") + "/bin",
                        INSTALLED.toString(),
                        Path.of(System.getProperty("java.home"), "bin").toString(),
                        "/usr/sbin:/usr/bin:/sbin:/bin"));
    }

    /** Sets a variable of the commands from now on. */
    public Shell with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Runs what a person types, to its end. */
    public Programs.Ended type(String text) {
        return Programs.end(environment, command(text));
    }

    /** Starts what a person types and lets run. */
    public Process start(Path log, String text) {
        return Programs.start(log, environment, command(text));
    }

    private List<String> command(String text) {
        return new ArrayList<>(List.of("env", "-C", project.toString(), "bash", "-c", text));
    }

    @Override
    public void close() {
        Programs.run("umount", INSTALLED.toString());
    }
}
