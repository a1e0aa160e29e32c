package io.podoffload.sim;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A runnable jar of the project, started as users start it: {@code java -jar}. */
public final class JavaProgram implements AutoCloseable {

    /** An emulated machine needs longer. */
    private static final int STARTS_WITHIN_SECONDS = Integer.getInteger("sim.start.seconds", 120);

    private final Process process;
    private final Path log;
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final StringBuffer printed = new StringBuffer();

    /**
     * Starts the jar.
     *
     * @param startedLine what it prints when it is ready
     */
    public JavaProgram(
            Path jar, Path log, String startedLine, Map<String, String> environment, List<String> arguments) {
        this(List.of(), List.of("-jar", jar.toString()), jar, log, startedLine, environment, arguments);
    }

    /**
     * Starts the jar in another way.
     *
     * @param prefix a program that runs this one
     * @param launch what to run, in java's words
     */
    JavaProgram(
            List<String> prefix,
            List<String> launch,
            Path jar,
            Path log,
            String startedLine,
            Map<String, String> environment,
            List<String> arguments) {
        this(javaCommand(prefix, launch, jar, arguments), log, startedLine, environment);
    }

    /** Starts any program, such as a container's. */
    JavaProgram(List<String> command, Path log, String startedLine, Map<String, String> environment) {
        this.log = log;
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command, e);
        }
        Thread reader = new Thread(() -> read(startedLine), log.getFileName() + " output");
        reader.setDaemon(true);
        reader.start();
    }

    private static List<String> javaCommand(
            List<String> prefix, List<String> launch, Path jar, List<String> arguments) {
        if (!Files.exists(jar)) {
            throw new IllegalStateException(jar + " is not there: build it with ./mvnw package");
        }
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Xmx192m",
                "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir")));
        command.addAll(launch);
        command.addAll(arguments);
        return command;
    }

    private void read(String startedLine) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
                Writer copy = Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                copy.write(line + "\n");
                copy.flush();
                printed.append(line).append('\n');
                if (line.contains(startedLine)) {
                    started.complete(null);
                }
            }
            started.completeExceptionally(new IllegalStateException("it ended; see " + log));
        } catch (IOException e) {
            started.completeExceptionally(e);
        }
    }

    /** Waits until it is ready. */
    public JavaProgram awaitStarted() {
        try {
            started.get(STARTS_WITHIN_SECONDS, TimeUnit.SECONDS);
            return this;
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the program did not start; see " + log, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Waits until it has ended by itself. */
    public void awaitEnd() {
        end(process);
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** Completes when it has ended. */
    public CompletableFuture<?> onEnd() {
        return process.onExit();
    }

    /** What this run has printed so far. */
    public String printed() {
        return printed.toString();
    }

    /** SIGKILL. */
    public void kill() {
        end(process.destroyForcibly());
    }

    /** SIGTERM, and does not wait. */
    public void terminate() {
        boolean unused = process.toHandle().destroy(); // Process.destroy() would close the pipe that it prints to
    }

    /** Lets the JVM write what its threads do into the log, as jstack would. */
    void dumpThreads() {
        Programs.run("kill", "-QUIT", Long.toString(process.pid()));
    }

    /** SIGTERM, and waits for the end. */
    @Override
    public void close() {
        terminate();
        end(process);
    }

    private static void end(Process process) {
        try {
            if (!process.waitFor(40, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
