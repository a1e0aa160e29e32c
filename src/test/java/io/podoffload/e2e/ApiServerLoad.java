package io.podoffload.e2e;

import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;

/**
 * Sends reviews at a steady rate, whether or not earlier ones are answered, over kept connections as an API server does, and
 * counts what becomes of each. Nothing is sent twice. Like an API server it has no more than so many changes under way.
 */
final class ApiServerLoad implements AutoCloseable {

    private static final int TICKS_PER_SECOND = 500;

    /** Default of kube-apiserver's --max-mutating-requests-inflight. */
    private static final int MOST_UNDER_WAY = 200;

    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);

    private final byte[] review;
    private final Supplier<HttpClient> client;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledFuture<?> sending;
    private final LongAdder sent = new LongAdder();
    private final Map<String, Integer> outcomes = new ConcurrentSkipListMap<>();

    /** One party for each request under way, and one for this. */
    private final Phaser underWay = new Phaser(1);

    /** @param client asked for each request */
    ApiServerLoad(byte[] review, int perSecond, Supplier<HttpClient> client) {
        this.review = review;
        this.client = client;
        sending = clock.scheduleAtFixedRate(
                () -> {
                    for (int count = perSecond / TICKS_PER_SECOND; count > 0; count--) {
                        if (underWay.getUnarrivedParties() > MOST_UNDER_WAY) {
                            return;
                        }
                        send();
                    }
                },
                0,
                1_000_000 / TICKS_PER_SECOND,
                TimeUnit.MICROSECONDS);
    }

    private void send() {
        sent.increment();
        underWay.register();
        Disposable unused = client.get()
                .disableRetry(true)
                .headers(headers -> headers.set("Content-Type", "application/json"))
                .post()
                .uri("/mutate")
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(review)))
                .responseSingle(
                        (response, body) -> body.asString().defaultIfEmpty("").map(text -> outcome(response, text)))
                .timeout(ANSWER_WITHIN)
                .onErrorResume(failure -> Mono.just(failure.toString()))
                .subscribe(outcome -> {
                    outcomes.merge(outcome, 1, Integer::sum);
                    underWay.arriveAndDeregister();
                });
    }

    private static String outcome(HttpClientResponse response, String body) {
        String retry = response.responseHeaders().get("Retry-After");
        return response.status().code()
                + (body.contains("\"patchType\":\"JSONPatch\"") ? " patched" : "")
                + (retry == null ? "" : " retry after " + retry);
    }

    /** Requests so far. */
    long sent() {
        return sent.sum();
    }

    /** How many requests came to this end so far. */
    int count(String outcome) {
        return outcomes.getOrDefault(outcome, 0);
    }

    /** Stops sending, waits for the last answer, and returns how often what became of a request. */
    Map<String, Integer> finish() throws InterruptedException {
        sending.cancel(false);
        clock.shutdown();
        if (!clock.awaitTermination(ANSWER_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("the load does not end");
        }
        underWay.arriveAndAwaitAdvance();
        return outcomes;
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
