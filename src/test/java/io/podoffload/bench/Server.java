package io.podoffload.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server process, by default on core 0, and what the kernel counts of it. */
final class Server implements AutoCloseable {

    private static final long TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux that Java runs on

    private final Process process;
    private final long started = System.nanoTime();
    private final CompletableFuture<Duration> ready = new CompletableFuture<>();

    /**
     * Starts it.
     *
     * @param readyLine what it prints when it answers
     */
    Server(List<String> command, Map<String, String> environment, Path log, String readyLine) throws IOException {
        this(List.of("taskset", "-c", "0"), command, environment, log, readyLine);
    }

    /**
     * Starts it by another program, or by none.
     *
     * @param prefix what runs the command
     */
    Server(List<String> prefix, List<String> command, Map<String, String> environment, Path log, String readyLine)
            throws IOException {
        List<String> whole = new java.util.ArrayList<>(prefix);
        whole.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(whole).redirectErrorStream(true);
        builder.environment().putAll(environment);
        process = builder.start();
        Thread reader = new Thread(() -> read(log, readyLine), "server output");
        reader.setDaemon(true);
        reader.start();
    }

    private void read(Path log, String readyLine) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
                var copy = Files.newBufferedWriter(log)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains(readyLine)) {
                    ready.complete(Duration.ofNanos(System.nanoTime() - started));
                }
                copy.write(line + "\n");
                copy.flush();
            }
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
        ready.completeExceptionally(new IllegalStateException("the server ended; see " + log));
    }

    /** From exec to the line. */
    Duration awaitReady() {
        try {
            return ready.get(120, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the server did not become ready", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** User and system time of the whole process so far. */
    Duration cpu() {
        return cpuOf(process.pid());
    }

    /** User and system time of a process so far. */
    static Duration cpuOf(long pid) {
        String stat = read(pid, "stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Duration.ofMillis((Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 1000 / TICKS_PER_SECOND);
    }

    /** Resident memory, MiB. */
    long residentMib() {
        return status(read(process.pid(), "status"), "VmRSS:") / 1024;
    }

    /** How often a thread of the process waited for something so far: for each message at least once. */
    long waits() {
        try (var tasks = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
            return tasks.mapToLong(Server::waits).sum();
        } catch (IOException e) {
            throw new UncheckedIOException("the server has ended", e);
        }
    }

    private static long waits(Path task) {
        try {
            return status(Files.readString(task.resolve("status")), "voluntary_ctxt_switches:");
        } catch (NoSuchFileException e) {
            return 0; // the thread ended since it was listed
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long status(String text, String name) {
        return text.lines()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    private static String read(long pid, String file) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/" + file));
        } catch (IOException e) {
            throw new UncheckedIOException("the server has ended", e);
        }
    }

    /** SIGTERM, and waits for the end. */
    @Override
    public void close() {
        process.toHandle().destroy(); // Process.destroy would close the pipe that it still writes to
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
