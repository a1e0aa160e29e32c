package io.podoffload.webhook.serving;

import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.podoffload.webhook.injection.Labels;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/**
 * Reviews of the webhook to itself, over TLS and through the whole of it, connections and
 * handshakes included, so that no pod waits for classes to be loaded and code to be compiled. It proves at the same time that the listener answers.
 */
final class WarmUp {

    private static final int HTTP_OK = 200;
    private static final int BURSTS = 5;
    private static final int REVIEWS_A_BURST = 20;
    private static final int AT_ONCE = 4;

    private final String address;
    private final int port;
    private final String token;
    private final byte[] optedIn;
    private final byte[] notOurs;

    /** @param namespace one that is known, so that the whole of the decision is made */
    WarmUp(String address, int port, String token, Optional<String> namespace) {
        this.address = address;
        this.port = port;
        this.token = token;
        String review = review().replace("NAMESPACE", namespace.orElse("default"));
        optedIn = review.getBytes(StandardCharsets.UTF_8);
        notOurs = review.replace(Labels.ENABLED, "app").getBytes(StandardCharsets.UTF_8);
    }

    private static String review() {
        try (InputStream resource = Objects.requireNonNull(WarmUp.class.getResourceAsStream("warm-up-review.json"))) {
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many reviews were answered; an error if one was not. */
    Mono<Integer> run() {
        return Flux.range(0, BURSTS)
                .concatMap(round -> Mono.using(
                        () -> ConnectionProvider.create("warm-up", AT_ONCE), this::burst, ConnectionProvider::dispose))
                .then(Mono.just(BURSTS * REVIEWS_A_BURST));
    }

    private Mono<Void> burst(ConnectionProvider connections) {
        HttpClient client = client(connections);
        return Flux.range(0, REVIEWS_A_BURST)
                .flatMap(number -> post(client, number % 2 == 0 ? optedIn : notOurs), AT_ONCE)
                .then();
    }

    private HttpClient client(ConnectionProvider connections) {
        // whoever answers on our own port is us
        Http11SslContextSpec tls = Http11SslContextSpec.forClient()
                .configure(builder -> builder.trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .endpointIdentificationAlgorithm(""));
        return HttpClient.create(connections)
                .host(address)
                .port(port)
                .secure(spec -> spec.sslContext(tls))
                .headers(headers ->
                        headers.set("Content-Type", "application/json").set(Phase.WARM_UP_HEADER, token));
    }

    private static Mono<Void> post(HttpClient client, byte[] review) {
        return client.post()
                .uri("/mutate")
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(review)))
                .responseSingle((response, body) -> response.status().code() == HTTP_OK
                        ? body.then()
                        : Mono.error(new IllegalStateException(
                                "the webhook answered its own review with " + response.status())));
    }
}
