package io.podoffload.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A person's bash in the folder of the project, which keeps its variables from one line to the next: with kubectl and a kubeconfig, and with
 * a {@code /usr/local/bin} of its own, so that what a page says to install there can be installed.
 */
public final class Shell implements AutoCloseable {

    private static final Path INSTALLED = Path.of("/usr/local/bin");
    private static final int ENDS_WITHIN_SECONDS = 180;

    private final Path project;
    private final Path home;
    private final Map<String, String> environment = new HashMap<>();
    private final Process bash;
    private final Deque<Path> own = new ArrayDeque<>();
    private final List<Path> made = new ArrayList<>();

    /**
     * @param home for the kubeconfig, and for what kubectl keeps
     * @param programs folders with kubectl and others, as in {@code PATH}
     */
    public Shell(Path project, Path home, String kubeConfig, String programs) {
        this.project = project;
        this.home = home;
        try {
            makeOwn(INSTALLED);
            Files.createDirectories(home.resolve("bin"));
            Files.writeString(Files.createDirectories(home.resolve(".kube")).resolve("config"), kubeConfig);
            environment.put("HOME", home.toString());
            environment.put(
                    "PATH",
                    String.join(
                            ":",
                            programs,
                            home.resolve("bin").toString(),
                            INSTALLED.toString(),
                            Path.of(System.getProperty("java.home"), "bin").toString(),
                            "/usr/sbin:/usr/bin:/sbin:/bin"));
            ProcessBuilder builder =
                    new ProcessBuilder("bash").directory(project.toFile()).redirectErrorStream(true);
            builder.environment().putAll(environment);
            bash = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives the person an empty folder at this place, in the mount namespace of this JVM; the machine's is not written to. */
    public void makeOwn(Path folder) {
        if (!Files.exists(folder)) {
            try {
                Files.createDirectory(folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            made.add(folder);
        }
        Programs.run("mount", "-t", "tmpfs", "tmpfs", folder.toString());
        own.push(folder);
    }

    /** Puts a program into the person's PATH. */
    public void add(String program, String script) {
        try {
            Path file = Files.writeString(home.resolve("bin").resolve(program), script);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a file for the person, and returns its path. */
    public Path keep(String name, String text) {
        try {
            return Files.writeString(home.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs what a person types, to its end. */
    public Programs.Ended type(String text) {
        Path typed = home.resolve("typed");
        Path output = home.resolve("output");
        Path error = home.resolve("error");
        try {
            Files.writeString(typed, text);
            bash.outputWriter()
                    .append("eval \"$(cat %s)\" </dev/null >%s 2>%s; echo $?\n".formatted(typed, output, error))
                    .flush();
            String code = CompletableFuture.supplyAsync(this::line)
                    .orTimeout(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS)
                    .join();
            return new Programs.Ended(Integer.parseInt(code), Files.readString(output), Files.readString(error));
        } catch (IOException e) {
            throw new UncheckedIOException(text, e);
        }
    }

    private String line() {
        try {
            return String.valueOf(bash.inputReader().readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs what a person types with further variables, in a bash for this line. */
    public Programs.Ended type(String text, Map<String, String> variables) {
        Map<String, String> all = new HashMap<>(environment);
        all.putAll(variables);
        return Programs.end(all, command(text));
    }

    /** Starts what a person types and lets run. */
    public Process start(Path log, String text) {
        return Programs.start(log, environment, command(text));
    }

    private List<String> command(String text) {
        return List.of("env", "-C", project.toString(), "bash", "-c", text);
    }

    @Override
    public void close() {
        bash.destroy();
        while (!own.isEmpty()) {
            Programs.run("umount", own.pop().toString());
        }
        made.forEach(folder -> folder.toFile().delete()); // another run may be using it
    }
}
