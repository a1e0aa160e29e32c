package io.podoffload.sim;

import io.fabric8.mockwebserver.crud.AttributeSet;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One watch of the API server. The mock server's own waits, when a watch is closed, on its event loop for writes that need
 * that very event loop, and holds up every other request meanwhile; this one drops what nobody reads any more.
 */
final class WatchSocket extends WebSocketListener {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final String caller;
    private final AttributeSet query;
    private final Consumer<WatchSocket> onOpen;
    private final Consumer<WatchSocket> onEnd;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "watch");
        thread.setDaemon(true);
        return thread;
    });
    private volatile @Nullable WebSocket socket;

    /** @param caller the token that it was asked for with */
    WatchSocket(String caller, AttributeSet query, Consumer<WatchSocket> onOpen, Consumer<WatchSocket> onEnd) {
        this.caller = caller;
        this.query = query;
        this.onOpen = onOpen;
        this.onEnd = onEnd;
    }

    boolean isOf(String account) {
        return caller.contains(account);
    }

    boolean selects(AttributeSet object) {
        return object.matches(query);
    }

    /** Sends an event after those before it. */
    void send(String type, String object) {
        ObjectNode event = JSON.createObjectNode().put("type", type);
        event.set("object", JSON.readTree(object));
        sendText(event.toString());
    }

    /** Sends text, which need be no event, after the events before it. */
    void sendText(String text) {
        try {
            writer.execute(() -> {
                WebSocket open = socket;
                if (open != null) {
                    open.send(text);
                }
            });
        } catch (RejectedExecutionException e) {
            socket = null; // closed meanwhile
        }
    }

    /** Ends the watch, as a server does that goes down. */
    void close() {
        WebSocket open = socket;
        if (open != null) {
            open.close(1001, "going away");
        }
        end();
    }

    @Override
    public void onOpen(WebSocket webSocket, Response response) {
        socket = webSocket;
        onOpen.accept(this);
    }

    @Override
    public void onClosing(WebSocket webSocket, int code, String reason) {
        end();
        webSocket.close(code, reason);
    }

    @Override
    public void onClosed(WebSocket webSocket, int code, String reason) {
        end();
    }

    @Override
    public void onFailure(WebSocket webSocket, Throwable failure, Response response) {
        end();
    }

    private void end() {
        socket = null;
        onEnd.accept(this);
        writer.shutdownNow();
    }
}
