package io.podoffload.binder.ovs;

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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
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

    private static int readSomething(SocketChannel channel) throws IOException {
        return channel.read(ByteBuffer.allocate(1 << 10));
    }

    private static long nanosOf(Runnable task) {
        long begin = System.nanoTime();
        task.run();
        return System.nanoTime() - begin;
    }
}
