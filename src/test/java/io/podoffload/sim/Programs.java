package io.podoffload.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs of the machine, inside the namespaces of this JVM. */
public final class Programs {

    private static final int ENDS_WITHIN_SECONDS = 60;

    private Programs() {}

    /** Runs a program to its end and returns what it printed; a failure carries its own words. */
    public static String run(String... command) {
        return run(Map.of(), command);
    }

    public static String run(Map<String, String> environment, String... command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(String.join(" ", command) + " does not end");
            }
            if (process.exitValue() != 0) {
                throw new ProgramFailed(String.join(" ", command), process.exitValue(), output.strip());
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command[0], e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + command[0], e);
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

        private final int exitCode;
        private final String output;

        ProgramFailed(String command, int code, String output) {
            super(command + " ended with " + code + ": " + output);
            this.exitCode = code;
            this.output = output;
        }

        int exitCode() {
            return exitCode;
        }

        String output() {
            return output;
        }
    }
}
