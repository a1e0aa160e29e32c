package io.podoffload.binder.command;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The unix socket by which the running binder answers commands. Only root may connect. A request is one line, see {@link Request};
 * the answer is a line {@code EXIT-CODE BYTES} and so many bytes of UTF-8.
 */
public final class CommandSocket implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CommandSocket.class);
    private static final int AT_ONCE = 4;
    private static final int LONGEST_SECONDS = 30;

    private final Path path;
    private final Function<Request, Answer> answers;
    private final ThreadPoolExecutor workers =
            new ThreadPoolExecutor(0, AT_ONCE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), CommandSocket::daemon);
    private final ScheduledThreadPoolExecutor limits = new ScheduledThreadPoolExecutor(1, CommandSocket::daemon);
    private @Nullable ServerSocketChannel server;

    public CommandSocket(Path path, Function<Request, Answer> answers) {
        this.path = path.toAbsolutePath();
        this.answers = answers;
        limits.setRemoveOnCancelPolicy(true);
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
                    e.getMessage());
        }
    }

    /** In a folder that only root may enter, until it has its mode; then in the place of an earlier one. */
    private ServerSocketChannel bind() throws IOException {
        Path folder = path.getParent();
        Files.createDirectories(folder);
        Path closed = Files.createTempDirectory(
                folder, ".new", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path made = closed.resolve("s");
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
                    LOG.debug("{} commands are being answered already", AT_ONCE, e);
                    asking.close(); // the command says that it got no answer
                }
            } catch (ClosedChannelException e) {
                LOG.debug("no more commands are answered", e);
            } catch (IOException e) {
                LOG.warn("a command cannot be answered: {}", e.getMessage());
            }
        }
    }

    private void serve(SocketChannel asking) {
        ScheduledFuture<?> limit = limits.schedule(() -> close(asking), LONGEST_SECONDS, TimeUnit.SECONDS);
        try (asking) {
            Answer answer = answer(readLine(asking));
            byte[] text = answer.text().getBytes(StandardCharsets.UTF_8);
            write(asking, (answer.exitCode() + " " + text.length + "\n").getBytes(StandardCharsets.US_ASCII));
            write(asking, text);
        } catch (IOException e) {
            LOG.debug("the command went before it was answered", e);
        } finally {
            limit.cancel(false);
        }
    }

    private Answer answer(String line) {
        Request request;
        try {
            request = Request.parse(line);
        } catch (IllegalArgumentException e) {
            return new Answer(ExitCode.USAGE, "the node-binder does not know this request: " + e.getMessage() + "\n");
        }
        try {
            return answers.apply(request);
        } catch (RuntimeException e) {
            LOG.debug("cannot answer {}", request, e);
            return new Answer(ExitCode.UNANSWERED, Failure.sentence(e) + "\n");
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

    private static void close(SocketChannel asking) {
        try {
            asking.close();
        } catch (IOException e) {
            LOG.debug("cannot close the connection of a command", e);
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
        limits.shutdownNow();
    }
}
