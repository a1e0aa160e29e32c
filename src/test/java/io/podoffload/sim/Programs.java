package io.podoffload.sim;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** Runs programs of the machine, inside the namespaces of this JVM. */
public final class Programs {

    private static final int ENDS_WITHIN_SECONDS = 600; // longer than any timeout that a command line sets
    private static final Executor READERS = task -> {
        Thread thread = new Thread(task, "output of a program");
        thread.setDaemon(true);
        thread.start();
    };

    private Programs() {}

    /** Runs a program to its end and returns what it printed; a failure carries its own words. */
    public static String run(String... command) {
        return run(Map.of(), command);
    }

    public static String run(Map<String, String> environment, String... command) {
        Ended ended = end(true, environment, List.of(command));
        if (ended.exitCode() != 0) {
            throw new ProgramFailed(
                    String.join(" ", command), ended.exitCode(), ended.output().strip());
        }
        return ended.output();
    }

    /**
     * How a program ended.
     *
     * @param error the standard error
     */
    public record Ended(int exitCode, String output, String error) {}

    /** Runs a program to its end, however it ends, and returns both of its outputs. */
    public static Ended end(Map<String, String> environment, List<String> command) {
        return end(false, environment, command);
    }

    private static Ended end(boolean together, Map<String, String> environment, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(together);
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command.get(0), e);
        }
        CompletableFuture<String> output = read(process.getInputStream());
        CompletableFuture<String> error = read(process.getErrorStream());
        try {
            if (!process.waitFor(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(String.join(" ", command) + " does not end");
            }
            return new Ended(process.exitValue(), output.join(), error.join());
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + command.get(0), e);
        }
    }

    private static CompletableFuture<String> read(InputStream stream) {
        return CompletableFuture.supplyAsync(() -> text(stream), READERS);
    }

    private static String text(InputStream stream) {
        try {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a program in the network namespace at {@code netns}. */
    public static String runIn(String netns, String... command) {
        List<String> whole = new ArrayList<>(List.of("nsenter", "--net=" + netns, "--"));
        whole.addAll(List.of(command));
        return run(whole.toArray(String[]::new));
    }

    /** Sends a signal by the shell's own {@code kill}; a small Debian has no other. */
    public static void signal(String name, String pid) {
        run("sh", "-c", "kill -" + name + " " + pid);
    }

    /** Starts a program that stays; what it prints goes to {@code log}. */
    public static Process start(Path log, Map<String, String> environment, List<String> command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().putAll(environment);
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command.get(0), e);
        }
    }

    /** A program that ended with another code than 0. */
    public static final class ProgramFailed extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        ProgramFailed(String command, int code, String output) {
            super(command + " ended with " + code + ": " + output);
        }
    }
}
