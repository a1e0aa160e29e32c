package io.podoffload.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.podoffload.webhook.RunningWebhook;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import tools.jackson.databind.JsonNode;

/** Broken reviews, over TLS to the real server: each gets an answer, none breaks it, and nothing of them stays. */
class FuzzTest {

    private static final int INPUTS = 100_000;
    private static final int AT_ONCE = 16;
    private static final Duration NO_HANG = Duration.ofMinutes(5);
    private static final long GROWTH = 24 << 20;

    @Test
    void noBytesBringA5xxAHangOrALeak(@TempDir Path folder) throws Exception {
        long seed = new Random().nextLong();
        try (RunningWebhook webhook = new RunningWebhook(folder)) {
            send(webhook, seed, INPUTS / 10); // what grows once, like caches of names, has grown
            long before = usedMemory();

            Map<Integer, Long> statuses = send(webhook, seed + 1, INPUTS);

            assertThat(statuses.keySet()).as("seed %s", seed).containsOnly(200, 400);
            assertThat(statuses.values().stream().mapToLong(Long::longValue).sum())
                    .as("seed %s", seed)
                    .isEqualTo(INPUTS);
            assertThat(statuses.get(200)).as("inputs that are still reviews").isGreaterThan(INPUTS / 50);
            assertThat(usedMemory() - before).as("growth with seed %s", seed).isLessThan(GROWTH);
        }
    }

    private static Map<Integer, Long> send(RunningWebhook webhook, long seed, int count) {
        BrokenReviews reviews = new BrokenReviews(seed);
        ConnectionProvider connections = ConnectionProvider.create("fuzz", AT_ONCE);
        Http11SslContextSpec tls = Http11SslContextSpec.forClient()
                .configure(builder -> builder.trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .endpointIdentificationAlgorithm(""));
        HttpClient client = HttpClient.create(connections)
                .host("127.0.0.1")
                .port(webhook.port())
                .secure(spec -> spec.sslContext(tls))
                .headers(headers -> headers.set("Content-Type", "application/json"));
        try {
            return Objects.requireNonNull(Flux.range(0, count)
                    .map(number -> reviews.next())
                    .flatMap(body -> status(client, body), AT_ONCE)
                    .collect(Collectors.groupingBy(status -> status, TreeMap::new, Collectors.counting()))
                    .block(NO_HANG));
        } finally {
            connections.dispose();
        }
    }

    private static Mono<Integer> status(HttpClient client, byte[] body) {
        return client.post()
                .uri("/mutate")
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body)))
                .responseSingle((response, content) ->
                        content.then(Mono.just(response.status().code())));
    }

    private static long usedMemory() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
                + ((io.netty.buffer.ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                        .metric()
                        .usedDirectMemory();
    }

    /** Reviews of random pods with their bytes changed, cut, doubled or thrown about. */
    private static final class BrokenReviews {

        private static final byte[] TELLING =
                "{}[]\",:\\0123eE+-.tfn\u0000\u0080\u00ff".getBytes(StandardCharsets.ISO_8859_1);

        private final Random random;
        private final RandomPods pods;

        BrokenReviews(long seed) {
            random = new Random(seed);
            pods = new RandomPods(seed);
        }

        byte[] next() {
            byte[] bytes = review(pods.next()).getBytes(StandardCharsets.UTF_8);
            for (int changes = random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
                bytes = change(bytes);
            }
            return bytes;
        }

        private static String review(JsonNode pod) {
            return "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"u\","
                    + "\"operation\":\"CREATE\",\"kind\":{\"kind\":\"Pod\"},\"namespace\":\"shop\",\"object\":" + pod
                    + "}}";
        }

        private byte[] change(byte[] bytes) {
            int at = random.nextInt(bytes.length);
            int until = at + random.nextInt(Math.min(40, bytes.length - at));
            byte[] changed = bytes.clone();
            switch (random.nextInt(6)) {
                case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> changed[at] = TELLING[random.nextInt(TELLING.length)];
                case 2 -> changed = java.util.Arrays.copyOf(bytes, at);
                case 3 -> changed = without(bytes, at, until);
                case 4 -> changed = doubled(bytes, at, until, 1 + random.nextInt(30));
                default ->
                    System.arraycopy(bytes, at, changed, random.nextInt(bytes.length - (until - at)), until - at);
            }
            return changed;
        }

        private static byte[] without(byte[] bytes, int from, int until) {
            byte[] rest = new byte[bytes.length - (until - from)];
            System.arraycopy(bytes, 0, rest, 0, from);
            System.arraycopy(bytes, until, rest, from, bytes.length - until);
            return rest;
        }

        private static byte[] doubled(byte[] bytes, int from, int until, int times) {
            int length = until - from;
            byte[] longer = java.util.Arrays.copyOf(bytes, bytes.length + times * length);
            for (int time = 0; time < times; time++) {
                System.arraycopy(bytes, from, longer, until + time * length, length);
            }
            System.arraycopy(bytes, until, longer, until + times * length, bytes.length - until);
            return longer;
        }
    }
}
