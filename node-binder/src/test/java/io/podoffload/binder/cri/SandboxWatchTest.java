package io.podoffload.binder.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.podoffload.binder.cri.v1.ContainerEventResponse;
import io.podoffload.binder.cri.v1.GetEventsRequest;
import io.podoffload.binder.cri.v1.ListPodSandboxRequest;
import io.podoffload.binder.cri.v1.ListPodSandboxResponse;
import io.podoffload.binder.cri.v1.RuntimeServiceGrpc;
import io.podoffload.binder.cri.v1.VersionRequest;
import io.podoffload.binder.cri.v1.VersionResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What happens while the runtime is away. */
class SandboxWatchTest {

    private final AtomicInteger lists = new AtomicInteger();
    private final AtomicInteger streams = new AtomicInteger();
    private final AtomicInteger doubts = new AtomicInteger();
    private volatile boolean away = true;
    private Server runtime;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        runtime = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(new Runtime())
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", runtime.getPort())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        runtime.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }

    @Test
    void whatWasMissedIsAskedForOnceWhenTheRuntimeIsBackAndNotAtEachTry() {
        Sandboxes sandboxes = new Sandboxes(channel, Path.of("/no/socket"), JsonMapper.shared());
        try (SandboxWatch watch = new SandboxWatch(channel, sandboxes, sandbox -> {}, doubts::incrementAndGet)) {
            assertThat(watch).isNotNull();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(lists.get() + streams.get()).isGreaterThan(2));
            assertThat(doubts).as("while it is away").hasValue(0);

            away = false;

            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(doubts).hasValue(1));
        }
    }

    private final class Runtime extends RuntimeServiceGrpc.RuntimeServiceImplBase {

        @Override
        public void version(VersionRequest request, StreamObserver<VersionResponse> reply) {
            reply.onNext(VersionResponse.newBuilder()
                    .setRuntimeName("containerd")
                    .setRuntimeVersion("v2.1.9")
                    .build());
            reply.onCompleted();
        }

        @Override
        public void listPodSandbox(ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> reply) {
            lists.incrementAndGet();
            if (away) {
                reply.onError(Status.UNAVAILABLE.asRuntimeException());
                return;
            }
            reply.onNext(ListPodSandboxResponse.getDefaultInstance());
            reply.onCompleted();
        }

        @Override
        public void getContainerEvents(GetEventsRequest request, StreamObserver<ContainerEventResponse> reply) {
            streams.incrementAndGet();
            if (away) {
                reply.onError(Status.UNAVAILABLE.asRuntimeException());
            }
        }
    }
}
