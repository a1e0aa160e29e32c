package io.podoffload.binder.ovs;

import io.podoffload.binder.socket.Deadline;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One JSON-RPC 1.0 session with an OVSDB server over its unix socket: RFC 7047, section 4. Messages follow one another
 * without framing; the server's {@code echo} is answered, or it would drop the session.
 */
final class OvsdbConnection implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OvsdbConnection.class);
    private static final int ANSWER_WITHIN_SECONDS = 10;

    private final JsonMapper json;
    private final SocketChannel channel;
    private final Map<Long, Call> waiting = new ConcurrentHashMap<>();
    private final AtomicLong lastId = new AtomicLong();
    private volatile long lastHeard = System.nanoTime();

    /** @param onResult run by the reading thread before it reads on */
    private record Call(CompletableFuture<JsonNode> answer, Consumer<JsonNode> onResult) {}

    /** Connects; {@link #read} must follow. */
    OvsdbConnection(JsonMapper json, Path socket) {
        this.json = json;
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try (Deadline deadline = Deadline.of(channel, Duration.ofSeconds(ANSWER_WITHIN_SECONDS))) {
                channel.connect(UnixDomainSocketAddress.of(socket)); // waits while the server takes no connections
            }
        } catch (IOException e) {
            throw new OvsdbException.Disconnected("cannot connect to ovsdb-server at " + socket + ": " + reason(e), e);
        }
    }

    private static String reason(IOException failure) {
        return failure instanceof ClosedChannelException
                ? "it took no connection within " + ANSWER_WITHIN_SECONDS + " s"
                : String.valueOf(failure.getMessage());
    }

    /**
     * Begins to read.
     *
     * @param onNotification gets method and parameters of each notification, on the reading thread
     * @param onClose called once, when the session has ended
     */
    void read(BiConsumer<String, JsonNode> onNotification, Runnable onClose) {
        Thread reader = new Thread(() -> readAll(onNotification, onClose), "ovsdb");
        reader.setDaemon(true);
        reader.start();
    }

    JsonNode call(String method, ArrayNode params) {
        return call(method, params, result -> {});
    }

    /**
     * Calls {@code method} and waits for its result.
     *
     * @param onResult gets the result before any message that follows it is looked at, on the reading thread
     */
    JsonNode call(String method, ArrayNode params, Consumer<JsonNode> onResult) {
        long id = lastId.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        waiting.put(id, new Call(answer, onResult));
        try {
            send(json.createObjectNode().put("id", id).put("method", method).set("params", params));
            return answer.get(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof OvsdbException failure
                    ? failure
                    : new OvsdbException(method + " failed", e.getCause());
        } catch (TimeoutException e) {
            close(); // the session hangs; a new one will tell what happened
            throw new OvsdbException.Disconnected(
                    "ovsdb-server did not answer " + method + " within " + ANSWER_WITHIN_SECONDS + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OvsdbException(method + " was interrupted", e);
        } finally {
            waiting.remove(id);
        }
    }

    /** A channel and not its streams: reader and writer streams of one channel share a lock on JDK 17. */
    private synchronized void send(JsonNode message) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(json.writeValueAsBytes(message));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new OvsdbException.Disconnected("the connection to ovsdb-server broke: " + e.getMessage(), e);
        }
    }

    private void readAll(BiConsumer<String, JsonNode> onNotification, Runnable onClose) {
        try (MappingIterator<JsonNode> messages =
                json.readerFor(JsonNode.class).readValues(Channels.newInputStream(channel))) {
            while (messages.hasNextValue()) {
                receive(messages.nextValue(), onNotification);
            }
        } catch (JacksonException e) {
            LOG.debug("the session with ovsdb-server ended", e);
        } finally {
            close();
            OvsdbException.Disconnected gone =
                    new OvsdbException.Disconnected("the connection to ovsdb-server was closed", null);
            waiting.values().forEach(call -> call.answer().completeExceptionally(gone));
            onClose.run();
        }
    }

    /** How long the server has sent nothing. */
    Duration silence() {
        return Duration.ofNanos(System.nanoTime() - lastHeard);
    }

    /** Asks the server for a sign of life if it gave none for {@code silence}; without one the session ends. */
    void probe(Duration silence) {
        if (silence().compareTo(silence) > 0) {
            call("echo", json.createArrayNode());
        }
    }

    private void receive(JsonNode message, BiConsumer<String, JsonNode> onNotification) {
        lastHeard = System.nanoTime();
        String method = message.path("method").asString("");
        if (method.equals("echo")) {
            ObjectNode reply = json.createObjectNode();
            reply.set("id", message.path("id"));
            reply.set("result", message.path("params"));
            reply.putNull("error");
            send(reply);
        } else if (!method.isEmpty()) {
            onNotification.accept(method, message.path("params"));
        } else if (message.path("id").isNumber()) {
            Call call = waiting.get(message.path("id").asLong());
            if (call != null) {
                complete(call, message);
            }
        }
    }

    private static void complete(Call call, JsonNode message) {
        JsonNode error = message.path("error");
        if (error.isNull() || error.isMissingNode()) {
            call.onResult().accept(message.path("result"));
            call.answer().complete(message.path("result"));
        } else {
            call.answer().completeExceptionally(new OvsdbException("ovsdb-server answered: " + error));
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing the connection to ovsdb-server", e);
        }
    }
}
