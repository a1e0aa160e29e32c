package io.podoffload.binder.ovs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podoffload.binder.binding.Port;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SuppressWarnings("NullAway.Init") // set before each test
class IntegrationBridgeTest {

    @TempDir
    Path folder;

    private ServerSocketChannel server;
    private IntegrationBridge bridge;

    @BeforeEach
    void listen() throws IOException {
        Path socket = folder.resolve("db.sock");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
        bridge = new IntegrationBridge(JsonMapper.shared(), socket, "br-int", changed -> {}, () -> {});
    }

    @AfterEach
    void stop() throws IOException {
        bridge.close();
        server.close();
    }

    /** Readiness and metrics ask for it. */
    @Test
    @Timeout(60)
    void theStatusIsKnownAtOnceWhileTheServerIsSilent() throws IOException {
        CompletableFuture<Optional<Port>> asking = CompletableFuture.supplyAsync(() -> bridge.port("vf0_0"));
        try (SocketChannel silent = server.accept()) {
            assertThat(bridge.status().connected()).isFalse();

            assertThat(asking).as("the server has not answered").isNotDone();
            assertThat(silent.isOpen()).isTrue();
        }
        assertThatThrownBy(asking::join).isInstanceOf(CompletionException.class);
    }

    @Test
    @Timeout(60)
    void anEndingBinderDoesNotWaitForASilentServer() throws IOException {
        CompletableFuture<Optional<Port>> asking = CompletableFuture.supplyAsync(() -> bridge.port("vf0_0"));
        try (SocketChannel silent = server.accept()) {
            assertThat(readSomething(silent)).as("it has asked").isPositive();

            assertThat(Duration.ofNanos(nanosOf(bridge::close))).isLessThan(Duration.ofSeconds(5));

            assertThatThrownBy(asking::join).hasCauseInstanceOf(OvsdbException.class);
        }
    }

    /** A restart of Open vSwitch writes hundreds of rows while the binder reads the first of them. */
    @Test
    @Timeout(120)
    void whatChangesRightAfterTheFirstRowsIsNotLost() throws Exception {
        for (int session = 0; session < 20; session++) {
            CompletableFuture<Optional<Port>> asking = CompletableFuture.supplyAsync(() -> bridge.port("vf0_0"));
            try (Talk talk = new Talk(server.accept())) {
                talk.answer("lock", "{\"locked\":true}");
                talk.answer(
                        "monitor_cond",
                        "{\"Interface\":{\"u1\":{\"initial\":{\"name\":\"vf0_0\",\"external_ids\":[\"map\",[[\"ovn-installed\",\"true\"]]]}}}}",
                        update("{\"u1\":{\"modify\":{\"external_ids\":[\"map\",[[\"ovn-installed\",\"true\"]]]}}}"));
                asking.get();

                Awaitility.await()
                        .untilAsserted(() -> assertThat(
                                        bridge.port("vf0_0").orElseThrow().externalIds())
                                .as("session %d", session(bridge))
                                .isEmpty());
            }
            Awaitility.await()
                    .untilAsserted(() -> assertThat(bridge.status().connected()).isFalse());
        }
    }

    private static long session(IntegrationBridge bridge) {
        return bridge.status().sessions();
    }

    private static String update(String interfaces) {
        return "{\"method\":\"update2\",\"params\":[\"pod-offload\",{\"Interface\":" + interfaces + "}],\"id\":null}";
    }

    @Test
    @Timeout(120)
    void aLockThatIsGrantedRightAfterItWasRefusedIsHeld() throws Exception {
        for (int session = 0; session < 20; session++) {
            CompletableFuture<Boolean> asking = CompletableFuture.supplyAsync(bridge::holdsLock);
            try (Talk talk = new Talk(server.accept())) {
                talk.answer(
                        "lock",
                        "{\"locked\":false}",
                        "{\"method\":\"locked\",\"params\":[\"pod_offload_binder\"],\"id\":null}");
                talk.answer("monitor_cond", "{}");
                asking.get();

                assertThat(bridge.holdsLock()).isTrue();
            }
            Awaitility.await()
                    .untilAsserted(() -> assertThat(bridge.status().connected()).isFalse());
        }
    }

    /** A server that hangs takes no connections, and the kernel keeps a few of them for it. */
    @Test
    @Timeout(60)
    void aServerThatTakesNoConnectionHoldsNobodyUp() throws Exception {
        Path socket = folder.resolve("full.sock");
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket);
        try (ServerSocketChannel full =
                        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address, 1);
                SocketChannel first = SocketChannel.open(address);
                SocketChannel second = SocketChannel.open(address);
                IntegrationBridge waiting =
                        new IntegrationBridge(JsonMapper.shared(), socket, "br-int", changed -> {}, () -> {})) {
            assertThat(List.of(full.isOpen(), first.isConnected(), second.isConnected()))
                    .containsOnly(true);
            CompletableFuture<Optional<Port>> asking = CompletableFuture.supplyAsync(() -> waiting.port("vf0_0"));

            assertThatThrownBy(() -> asking.get(5, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(OvsdbException.Disconnected.class)
                    .hasMessageContaining("ovsdb-server at " + socket + " has not answered yet");
            assertThat(waiting.status().connected()).isFalse();
            assertThat(Duration.ofNanos(nanosOf(() -> assertThatThrownBy(() -> waiting.port("vf0_0"))
                            .isInstanceOf(OvsdbException.Disconnected.class))))
                    .as("whoever asks while it still does not answer")
                    .isLessThan(Duration.ofMillis(500));
        }
    }

    /** A server of a few lines. */
    private static final class Talk implements AutoCloseable {
        private final SocketChannel channel;

        Talk(SocketChannel channel) {
            this.channel = channel;
        }

        /** Waits for a call, and answers it in one write with what follows. */
        void answer(String method, String result, String... notifications) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(1 << 12);
            assertThat(channel.read(bytes)).isPositive();
            JsonNode call = JsonMapper.shared().readTree(new String(bytes.array(), 0, bytes.position(), UTF_8));
            assertThat(call.path("method").asString()).isEqualTo(method);
            String answer = "{\"id\":" + call.path("id") + ",\"result\":" + result + ",\"error\":null}";
            channel.write(ByteBuffer.wrap((answer + String.join("", notifications)).getBytes(UTF_8)));
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private static int readSomething(SocketChannel channel) throws IOException {
        return channel.read(ByteBuffer.allocate(1 << 10));
    }

    private static long nanosOf(Runnable task) {
        long begin = System.nanoTime();
        task.run();
        return System.nanoTime() - begin;
    }
}
