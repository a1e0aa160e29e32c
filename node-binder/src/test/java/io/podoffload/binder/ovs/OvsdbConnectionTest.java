package io.podoffload.binder.ovs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The session's manners, against a server of a few lines that says what a real one says rarely. */
@SuppressWarnings("NullAway.Init") // set before each test
class OvsdbConnectionTest {

    private final JsonMapper json = JsonMapper.shared();
    private final BlockingQueue<JsonNode> updates = new ArrayBlockingQueue<>(10);
    private final CountDownLatch closed = new CountDownLatch(1);

    @TempDir
    Path folder;

    private ServerSocketChannel listener;
    private SocketChannel server;
    private OvsdbConnection connection;

    @BeforeEach
    void connect() throws IOException {
        Path here = Path.of("").toAbsolutePath(); // a socket's path holds at most 107 bytes, so a relative one
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(here.relativize(folder.resolve("db.sock")));
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
        connection = new OvsdbConnection(json, address.getPath());
        connection.read(
                (method, params) ->
                        updates.add(json.createArrayNode().add(method).add(params)),
                closed::countDown);
        server = listener.accept();
    }

    @AfterEach
    void close() throws IOException {
        connection.close();
        server.close();
        listener.close();
    }

    @Test
    void theServersEchoIsAnsweredOrItWouldDropTheSession() throws Exception {
        say("{\"method\":\"echo\",\"params\":[\"are you there\"],\"id\":\"echo\"}");

        assertThat(hear()).isEqualTo(json.readTree("{\"id\":\"echo\",\"result\":[\"are you there\"],\"error\":null}"));
    }

    @Test
    void anAnswerInPiecesBetweenUpdatesReachesItsCaller() throws Exception {
        CompletableFuture<JsonNode> answer =
                CompletableFuture.supplyAsync(() -> connection.call("list_dbs", Values.array()));
        assertThat(hear().path("method").asString()).isEqualTo("list_dbs");

        say("{\"method\":\"update2\",\"params\":[\"pod-offload\",{\"Port\":{}}],\"id\":null}{\"id\":1,\"res");
        say("ult\":[\"Open_vSwitch\"],\"error\":null}");

        assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(json.readTree("[\"Open_vSwitch\"]"));
        assertThat(updates.poll(30, TimeUnit.SECONDS))
                .isEqualTo(json.readTree("[\"update2\",[\"pod-offload\",{\"Port\":{}}]]"));
    }

    @Test
    void anErrorAnswerIsTheCallersException() throws Exception {
        CompletableFuture<JsonNode> answer =
                CompletableFuture.supplyAsync(() -> connection.call("transact", Values.array()));
        hear();

        say("{\"id\":1,\"result\":null,\"error\":{\"error\":\"unknown database\"}}");

        assertThatThrownBy(() -> answer.get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(OvsdbException.class)
                .hasMessageContaining("unknown database");
    }

    @Test
    void whenTheServerGoesEveryCallerIsTold() throws Exception {
        CompletableFuture<JsonNode> answer =
                CompletableFuture.supplyAsync(() -> connection.call("transact", Values.array()));
        hear();

        server.close();

        assertThatThrownBy(() -> answer.get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(OvsdbException.Disconnected.class);
        assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aSilentServerIsAskedForASignOfLife() throws Exception {
        CompletableFuture<Void> probe = CompletableFuture.runAsync(() -> connection.probe(Duration.ZERO));

        assertThat(hear().path("method").asString()).isEqualTo("echo");
        say("{\"id\":1,\"result\":[],\"error\":null}");

        probe.get(30, TimeUnit.SECONDS);
    }

    @Test
    void aServerThatTalksNonsenseEndsTheSession() throws Exception {
        say("this is no JSON");

        assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
    }

    private void say(String text) throws IOException {
        server.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private JsonNode hear() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4096);
        server.read(bytes);
        return json.readTree(new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8));
    }
}
