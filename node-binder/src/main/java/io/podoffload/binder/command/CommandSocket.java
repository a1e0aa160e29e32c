package io.podoffload.binder.command;

import io.podoffload.binder.socket.Deadline;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The unix socket by which the running binder answers commands. Only the binder's user may connect, which is root. A request is one
 * line, see {@link Request}. The answer is a line {@code EXIT-CODE BYTES BYTES}, and so many bytes of UTF-8 for the standard output and
 * for the standard error.
 */
public final class CommandSocket implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CommandSocket.class);
    private static final int AT_ONCE = 4;
    private static final int WAITING = 16;
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Path path;
    private final Function<Request, Answer> answers;
    private final ThreadPoolExecutor workers = new ThreadPoolExecutor(
            AT_ONCE, AT_ONCE, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), CommandSocket::daemon);
    private @Nullable ServerSocketChannel server;

    public CommandSocket(Path path, Function<Request, Answer> answers) {
        this.path = path.toAbsolutePath();
        this.answers = answers;
        workers.allowCoreThreadTimeOut(true);
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "commands");
        thread.setDaemon(true);
        return thread;
    }

    /** Begins to answer. A binder that cannot is still a binder, so that a failure is only logged. */
    public synchronized void open() {
        try {
            if (BinderClient.answersAt(path)) {
                LOG.warn("another node-binder answers commands at {}; this one answers none", path);
                return;
            }
            ServerSocketChannel opened = bind();
            server = opened;
            daemon(() -> accept(opened)).start();
        } catch (IOException e) {
            LOG.error(
                    "commands are not answered, because the socket {} cannot be made: {}; see pod-offload.command-socket",
                    path,
                    Failure.sentence(e));
        }
    }

    /**
     * In a folder that only its owner may enter, until it has its mode; then in the place of an earlier one. The name of that folder is
     * short, since the path of a unix socket has 107 characters at most.
     */
    private ServerSocketChannel bind() throws IOException {
        if (Files.exists(path)
                && !Files.readAttributes(path, BasicFileAttributes.class).isOther()) {
            throw new FileAlreadyExistsException(path + " is no socket");
        }
        Path folder = Objects.requireNonNull(path.getParent());
        Files.createDirectories(folder);
        Path closed = folder.resolve(".n");
        Path made = closed.resolve("s");
        Files.deleteIfExists(made); // of a binder that was killed here
        Files.deleteIfExists(closed);
        Files.createDirectory(
                closed, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        ServerSocketChannel opened = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            opened.bind(UnixDomainSocketAddress.of(made));
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
            Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
            return opened;
        } catch (IOException e) {
            opened.close();
            throw e;
        } finally {
            Files.deleteIfExists(made);
            Files.delete(closed);
        }
    }

    private void accept(ServerSocketChannel opened) {
        while (opened.isOpen()) {
            try {
                SocketChannel asking = opened.accept();
                try {
                    workers.execute(() -> serve(asking));
                } catch (RejectedExecutionException e) {
                    LOG.debug("too many commands ask at once", e);
                    asking.close();
                }
            } catch (ClosedChannelException e) {
                LOG.debug("no more commands are answered", e);
            } catch (IOException e) {
                LOG.warn("a command cannot be answered, trying again in {} s: {}", PAUSE.toSeconds(), e.getMessage());
                LockSupport.parkNanos(PAUSE.toNanos()); // the binder may have no more file descriptors
            }
        }
    }

    private void serve(SocketChannel asking) {
        try (asking;
                Deadline deadline = Deadline.of(asking, LONGEST)) {
            Answer answer = answer(readLine(asking));
            byte[] text = answer.text().getBytes(StandardCharsets.UTF_8);
            byte[] error = answer.error().getBytes(StandardCharsets.UTF_8);
            String header = answer.exitCode() + " " + text.length + " " + error.length + "\n";
            write(asking, header.getBytes(StandardCharsets.US_ASCII));
            write(asking, text);
            write(asking, error);
        } catch (IOException e) {
            LOG.debug("the command went before it was answered", e);
        }
    }

    private Answer answer(String line) {
        Request request;
        try {
            request = Request.parse(line);
        } catch (IllegalArgumentException e) {
            return Answer.failure(ExitCode.USAGE, "the node-binder does not know this request: " + e.getMessage());
        }
        try {
            return answers.apply(request);
        } catch (RuntimeException e) {
            LOG.debug("cannot answer {}", request, e);
            return Answer.failure(ExitCode.UNANSWERED, request.style().marks().shown(Failure.sentence(e)));
        }
    }

    private static String readLine(SocketChannel asking) throws IOException {
        ByteBuffer line = ByteBuffer.allocate(Request.LONGEST_LINE);
        while (line.hasRemaining() && asking.read(line) > 0) {
            if (line.get(line.position() - 1) == '\n') {
                break;
            }
        }
        return new String(line.array(), 0, line.position(), StandardCharsets.US_ASCII);
    }

    private static void write(SocketChannel asking, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            asking.write(buffer);
        }
    }

    @Override
    public synchronized void close() {
        ServerSocketChannel opened = server;
        if (opened != null) {
            try {
                opened.close();
                Files.deleteIfExists(path);
            } catch (IOException e) {
                LOG.warn("cannot remove the socket {}: {}", path, e.getMessage());
            }
        }
        workers.shutdownNow();
    }
}
