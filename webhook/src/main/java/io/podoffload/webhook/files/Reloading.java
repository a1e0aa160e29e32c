package io.podoffload.webhook.files;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A value that is read from files, and read again when they change. A reading that fails, of torn or wrong files, leaves
 * the value as it is, and says so in the log and in a metric.
 *
 * @param <T> immutable
 */
public final class Reloading<T> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Reloading.class);

    /** Files are written one after the other: a change is read when nothing has happened for so long. */
    private static final long QUIET_MILLIS = 200;

    /** inotify may lose events, on a network file system for example. */
    private static final long LOOK_ANYWAY_SECONDS = 60;

    private final String name;
    private final List<Path> files;
    private final Reader<T> reader;
    private final Consumer<T> onChange;
    private final Counter failures;
    private final AtomicLong generation = new AtomicLong(1);
    private final WatchService watch;
    private final Set<Path> watched = new LinkedHashSet<>();
    private List<byte[]> contents;
    private volatile T current;

    /** Makes the value of the files' contents. */
    public interface Reader<T> {
        /**
         * @param contents in the order of the files
         * @throws Exception if they make no value; its message is for the user
         */
        T read(List<byte[]> contents) throws Exception;
    }

    /**
     * Reads the files for the first time.
     *
     * @param name what the value is, for log and metrics
     * @param onChange called with each later value, one at a time
     * @throws Exception if the first reading fails
     */
    public Reloading(String name, List<Path> files, MeterRegistry meters, Reader<T> reader, Consumer<T> onChange)
            throws Exception {
        this.name = name;
        this.files = List.copyOf(files);
        this.reader = reader;
        this.onChange = onChange;
        watch = FileSystems.getDefault().newWatchService();
        watchFolders();
        contents = readAll();
        current = reader.read(contents);
        failures = Counter.builder("pod.offload.webhook.reload.failures")
                .description("Readings of changed files that failed, so that the old value was kept")
                .tag("of", name)
                .register(meters);
        Gauge.builder("pod.offload.webhook.generation", generation, AtomicLong::get)
                .description("How many versions of the files have been taken into use")
                .tag("of", name)
                .register(meters);
        Thread thread = new Thread(this::follow, name + " files");
        thread.setDaemon(true);
        thread.start();
    }

    public T current() {
        return current;
    }

    private void follow() {
        try {
            while (true) {
                awaitChange();
                reload();
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            LOG.debug("no longer watching the files of the {}", name);
        }
    }

    private void awaitChange() throws InterruptedException {
        WatchKey key = watch.poll(LOOK_ANYWAY_SECONDS, TimeUnit.SECONDS);
        while (key != null) {
            key.pollEvents();
            key.reset();
            key = watch.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void reload() {
        try {
            watchFolders();
            List<byte[]> now = readAll();
            if (same(now, contents)) {
                return;
            }
            contents = now;
            T value = reader.read(now);
            current = value;
            LOG.info("the {} has changed, generation {}", name, generation.incrementAndGet());
            onChange.accept(value);
        } catch (Exception e) {
            failures.increment();
            LOG.warn("the {} in {} cannot be used, the one before it is kept: {}", name, files, e.getMessage());
            LOG.debug("the {} cannot be used", name, e);
        }
    }

    private static boolean same(List<byte[]> one, List<byte[]> other) {
        for (int index = 0; index < one.size(); index++) {
            if (!java.util.Arrays.equals(one.get(index), other.get(index))) {
                return false;
            }
        }
        return true;
    }

    private List<byte[]> readAll() throws IOException {
        List<byte[]> all = new ArrayList<>();
        for (Path file : files) {
            all.add(Files.readAllBytes(file));
        }
        return all;
    }

    /** The folder of the name and that of the file: a mounted ConfigMap or Secret is a symbolic link that is swapped. */
    private void watchFolders() throws IOException {
        for (Path file : files) {
            Path absolute = file.toAbsolutePath();
            for (Path folder : List.of(parent(absolute), parent(absolute.toRealPath()))) {
                if (watched.add(folder)) {
                    folder.register(
                            watch,
                            StandardWatchEventKinds.ENTRY_CREATE,
                            StandardWatchEventKinds.ENTRY_MODIFY,
                            StandardWatchEventKinds.ENTRY_DELETE);
                }
            }
        }
        watched.removeIf(folder -> !Files.isDirectory(folder));
    }

    private static Path parent(Path file) {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    @Override
    public void close() {
        try {
            watch.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
