package io.podoffload.bench;

import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/**
 * What the first callers after a start wait for.
 *
 * @param first with its connection and handshake
 * @param slowest of all
 */
record FirstRequests(Duration first, Duration slowest) {

    private static final int COUNT = 1_000;

    static FirstRequests of(int port, byte[] review) {
        ConnectionProvider connections = ConnectionProvider.create("first", 1);
        Http11SslContextSpec tls = Http11SslContextSpec.forClient()
                .configure(builder -> builder.trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .endpointIdentificationAlgorithm(""));
        HttpClient client = HttpClient.create(connections)
                .secure(spec -> spec.sslContext(tls))
                .headers(headers -> headers.set("Content-Type", "application/json"));
        try {
            Duration first = once(client, port, review);
            Duration slowest = first;
            for (int number = 1; number < COUNT; number++) {
                Duration next = once(client, port, review);
                slowest = next.compareTo(slowest) > 0 ? next : slowest;
            }
            return new FirstRequests(first, slowest);
        } finally {
            connections.dispose();
        }
    }

    private static Duration once(HttpClient client, int port, byte[] review) {
        long started = System.nanoTime();
        Integer status = client.post()
                .uri("https://127.0.0.1:" + port + "/mutate")
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(review)))
                .responseSingle((response, body) ->
                        body.then(Mono.just(response.status().code())))
                .block();
        if (status == null || status != 200) {
            throw new IllegalStateException("the webhook answered " + status);
        }
        return Duration.ofNanos(System.nanoTime() - started);
    }
}
