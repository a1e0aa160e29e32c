package io.podoffload.sim;

import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.vertx.HttpServerRequestHandler;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The mock server's listener, with what kubectl needs: it executes by a later protocol of websockets than the mock server knows, and its
 * watches, as Helm's, are streams of lines, where the mock server sends an answer as a whole.
 */
final class WebServer extends MockWebServer {

    private static final Pattern WATCH = Pattern.compile("[?&]watch=(?:true|1)");
    private static final int SECONDS = 10;

    private final Vertx vertx = Vertx.vertx();
    private final Predicate<@Nullable String> ignored;
    private final Set<HttpConnection> unanswered = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Dispatcher dispatcher;
    private volatile @Nullable HttpServer http;

    /** @param ignored the service accounts, null for none, whose requests are not answered */
    WebServer(Predicate<@Nullable String> ignored) {
        this.ignored = ignored;
    }

    private static <T> T await(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(SECONDS, TimeUnit.SECONDS)
                .join();
    }

    /** Whether it asks for a watch, and for no websocket. */
    static boolean isStreamedWatch(String path, @Nullable String upgrade) {
        return WATCH.matcher(path).find() && upgrade == null;
    }

    @Override
    public void setDispatcher(Dispatcher dispatcher) {
        this.dispatcher = dispatcher;
    }

    private MockResponse answer(RecordedRequest request) {
        return Objects.requireNonNull(dispatcher).dispatch(request);
    }

    @Override
    public synchronized void start(InetAddress address, int port) {
        HttpServerRequestHandler whole = new HttpServerRequestHandler(vertx) {
            @Override
            protected MockResponse onHttpRequest(RecordedRequest request) {
                return answer(request);
            }
        };
        http = await(vertx.createHttpServer(new HttpServerOptions()
                        .setWebSocketSubProtocols(List.of(ExecSocket.PROTOCOL))
                        .setHandle100ContinueAutomatically(true)
                        .setWebSocketClosingTimeout(1))
                .requestHandler(request -> {
                    if (ignored.test(Rbac.account(request.getHeader("Authorization")))) {
                        unanswered.add(request.connection());
                    } else if (isStreamedWatch(request.uri(), request.getHeader("Upgrade"))) {
                        stream(request);
                    } else {
                        whole.handle(request);
                    }
                })
                .listen(port, address.getHostAddress()));
    }

    private void stream(HttpServerRequest request) {
        RecordedRequest recorded = new RecordedRequest(
                "HTTP/1.1",
                HttpMethod.GET,
                request.uri(),
                Headers.builder().addAll(request.headers()).build(),
                new Buffer(new byte[0]));
        MockResponse answer = answer(recorded);
        var response = request.response().setStatusCode(answer.code()).putHeader("Content-Type", "application/json");
        if (answer.getWebSocketListener() == null) {
            response.end(io.vertx.core.buffer.Buffer.buffer(answer.getBody().getBytes()));
        } else {
            new LineStream(recorded, response.setStatusCode(200).setChunked(true)).open(answer);
        }
    }

    /** Closes connections on which a request was not answered. */
    void hangUp() {
        unanswered.forEach(HttpConnection::close);
        unanswered.clear();
    }

    @Override
    public int getPort() {
        return Objects.requireNonNull(http).actualPort();
    }

    @Override
    public synchronized void shutdown() {
        await(Objects.requireNonNull(http).close());
        await(vertx.close());
    }
}
