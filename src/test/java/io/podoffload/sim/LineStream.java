package io.podoffload.sim;

import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import io.vertx.core.http.HttpServerResponse;
import java.util.Objects;

/** A watch whose events are lines of one endless answer; for its listener it is as good as a websocket. */
final class LineStream implements WebSocket {

    private static final int GOING_AWAY = 1001;

    private final RecordedRequest request;
    private final HttpServerResponse response;

    LineStream(RecordedRequest request, HttpServerResponse response) {
        this.request = request;
        this.response = response;
    }

    /** Sends the head of the answer, and lets the listener send events until one side ends. */
    void open(MockResponse answer) {
        WebSocketListener listener = Objects.requireNonNull(answer.getWebSocketListener());
        response.closeHandler(closed -> listener.onClosed(this, GOING_AWAY, ""));
        response.writeHead();
        listener.onOpen(this, answer);
    }

    @Override
    public RecordedRequest request() {
        return request;
    }

    @Override
    public boolean send(String event) {
        if (response.ended() || response.closed()) {
            return false;
        }
        response.write(event + "\n");
        return true;
    }

    @Override
    public boolean send(byte[] event) {
        throw new UnsupportedOperationException("a watch sends texts");
    }

    @Override
    public boolean close(int code, String reason) {
        if (!response.ended() && !response.closed()) {
            response.end();
        }
        return true;
    }
}
