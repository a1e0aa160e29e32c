package io.podoffload.binder.command;

import io.podoffload.binder.socket.Deadline;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks the running binder, see {@link CommandSocket}. */
final class BinderClient {

    /** Longer than any answer takes. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int LARGEST_ANSWER = 16 << 20;
    private static final int LONGEST_HEADER = 32;
    private static final Pattern HEADER = Pattern.compile("(\\d) (\\d{1,9}) (\\d{1,9})");

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
     * @throws IllegalStateException if what listens is no binder
     */
    static Optional<Answer> ask(Path socket, Request request) throws IOException {
        Optional<SocketChannel> connected = connect(socket);
        if (connected.isEmpty()) {
            return Optional.empty();
        }
        try (SocketChannel channel = connected.get();
                Deadline deadline = Deadline.of(channel, PATIENCE)) {
            ByteBuffer line = ByteBuffer.wrap(request.line().getBytes(StandardCharsets.US_ASCII));
            while (line.hasRemaining()) {
                channel.write(line);
            }
            Matcher header = HEADER.matcher(header(channel));
            if (!header.matches()) {
                throw new IllegalStateException("it is no node-binder of this version");
            }
            String text = text(channel, Integer.parseInt(header.group(2)));
            String error = text(channel, Integer.parseInt(header.group(3)));
            return Optional.of(new Answer(Integer.parseInt(header.group(1)), text, error));
        } catch (ClosedChannelException e) {
            throw new IOException("it did not answer within " + PATIENCE.toSeconds() + " s; see its log", e);
        } catch (IOException e) {
            throw new IOException("it ended, or too many commands ask it at once; ask again", e);
        }
    }

    private static String text(SocketChannel channel, int length) throws IOException {
        if (length > LARGEST_ANSWER) {
            throw new IllegalStateException("its answer is " + length + " bytes long");
        }
        ByteBuffer text = ByteBuffer.allocate(length);
        fill(channel, text);
        return new String(text.array(), StandardCharsets.UTF_8);
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
}
