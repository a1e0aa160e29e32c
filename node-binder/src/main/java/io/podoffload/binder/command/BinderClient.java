package io.podoffload.binder.command;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks the running binder, see {@link CommandSocket}. */
final class BinderClient {

    /** Longer than any answer takes. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int LARGEST_ANSWER = 16 << 20;
    private static final int LONGEST_HEADER = 32;
    private static final Pattern HEADER = Pattern.compile("(\\d) (\\d{1,9})");

    private BinderClient() {}

    /** Whether a binder listens there. */
    static boolean answersAt(Path socket) throws IOException {
        Optional<SocketChannel> channel = connect(socket);
        if (channel.isPresent()) {
            channel.get().close();
        }
        return channel.isPresent();
    }

    /** Empty where there is no socket, or only that of a binder that is gone. */
    private static Optional<SocketChannel> connect(Path socket) throws IOException {
        try {
            return Optional.of(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
        } catch (ConnectException e) {
            return Optional.empty();
        } catch (SocketException e) {
            if (Files.notExists(socket)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Asks.
     *
     * @return empty where no binder listens
     * @throws IOException if a binder listens but gives no whole answer
     */
    static Optional<Answer> ask(Path socket, Request request) throws IOException {
        Optional<SocketChannel> connected = connect(socket);
        if (connected.isEmpty()) {
            return Optional.empty();
        }
        try (SocketChannel channel = connected.get()) {
            CompletableFuture.delayedExecutor(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .execute(() -> close(channel));
            ByteBuffer line = ByteBuffer.wrap(request.line().getBytes(StandardCharsets.US_ASCII));
            while (line.hasRemaining()) {
                channel.write(line);
            }
            Matcher header = HEADER.matcher(header(channel));
            if (!header.matches()) {
                throw new IOException("it is no node-binder of this version");
            }
            int length = Integer.parseInt(header.group(2));
            if (length > LARGEST_ANSWER) {
                throw new IOException("its answer is " + length + " bytes long");
            }
            ByteBuffer text = ByteBuffer.allocate(length);
            fill(channel, text);
            return Optional.of(
                    new Answer(Integer.parseInt(header.group(1)), new String(text.array(), StandardCharsets.UTF_8)));
        } catch (AsynchronousCloseException e) {
            throw new IOException("it did not answer within " + PATIENCE.toSeconds() + " s", e);
        } catch (EOFException e) {
            throw new IOException("it ended, or answers other commands already; ask again", e);
        }
    }

    private static String header(SocketChannel channel) throws IOException {
        StringBuilder header = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (header.length() < LONGEST_HEADER) {
            one.clear();
            fill(channel, one);
            if (one.get(0) == '\n') {
                return header.toString();
            }
            header.append((char) one.get(0));
        }
        return "";
    }

    private static void fill(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException();
            }
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
