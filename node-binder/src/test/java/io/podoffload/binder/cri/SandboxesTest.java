package io.podoffload.binder.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.SandboxHistory;
import io.podoffload.binder.cri.v1.ListPodSandboxRequest;
import io.podoffload.binder.cri.v1.ListPodSandboxResponse;
import io.podoffload.binder.cri.v1.PodSandbox;
import io.podoffload.binder.cri.v1.PodSandboxMetadata;
import io.podoffload.binder.cri.v1.PodSandboxState;
import io.podoffload.binder.cri.v1.PodSandboxStatusRequest;
import io.podoffload.binder.cri.v1.PodSandboxStatusResponse;
import io.podoffload.binder.cri.v1.RuntimeServiceGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What a look reads of the runtime, and how often the runtime is asked for it. */
class SandboxesTest {

    private static final PodName NAME = new PodName("default", "a");
    private static final PodRef POD = new PodRef("default", "a", "uid-a");

    private final AtomicInteger lists = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong();
    private volatile PodSandboxState state = PodSandboxState.SANDBOX_READY;
    private volatile boolean answers = true;
    private volatile String info = "{}";
    private Server runtime;
    private ManagedChannel channel;
    private Sandboxes sandboxes;

    @BeforeEach
    void start() throws IOException {
        runtime = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(new Runtime())
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", runtime.getPort())
                .usePlaintext()
                .build();
        sandboxes = new Sandboxes(channel, Path.of("/no/socket"), JsonMapper.shared(), nanos::get);
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        runtime.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }

    private final class Runtime extends RuntimeServiceGrpc.RuntimeServiceImplBase {
        @Override
        public void listPodSandbox(ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> reply) {
            lists.incrementAndGet();
            if (!answers) {
                reply.onError(
                        Status.INTERNAL.withDescription("the test wants it so").asRuntimeException());
                return;
            }
            reply.onNext(ListPodSandboxResponse.newBuilder()
                    .addItems(PodSandbox.newBuilder()
                            .setId("1")
                            .setState(state)
                            .setMetadata(PodSandboxMetadata.newBuilder()
                                    .setNamespace("default")
                                    .setName("a")
                                    .setUid("uid-a")))
                    .build());
            reply.onCompleted();
        }

        @Override
        public void podSandboxStatus(PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> reply) {
            reply.onNext(
                    PodSandboxStatusResponse.newBuilder().putInfo("info", info).build());
            reply.onCompleted();
        }
    }

    private boolean isReady() {
        SandboxHistory seen = sandboxes.look(true).ofPod(NAME);
        return seen.isReady("1");
    }

    @Test
    void looksOfOneMomentAskOnce() {
        assertThat(isReady()).isTrue();
        assertThat(isReady()).isTrue();

        assertThat(lists).hasValue(1);
    }

    @Test
    void aMomentLaterTheRuntimeIsAskedAgain() {
        assertThat(isReady()).isTrue();
        state = PodSandboxState.SANDBOX_NOTREADY;
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(20));

        assertThat(isReady()).isFalse();
    }

    @Test
    void whatWasListedBeforeAnEventIsNotUsedAfterIt() {
        assertThat(isReady()).isTrue();
        state = PodSandboxState.SANDBOX_NOTREADY;
        sandboxes.forget(POD);

        assertThat(isReady()).isFalse();
    }

    @Test
    void theLookAfterAnEventFindsItsAnswerOnTheWay() {
        sandboxes.prefetch(NAME);

        assertThat(isReady()).isTrue();
        assertThat(lists).hasValue(1);
    }

    @Test
    void aPodThatTheApiServerHasNoMoreIsAskedForByUid() {
        sandboxes.prefetch("uid-a");

        assertThat(sandboxes.look(true).ofUid("uid-a").isReady("1")).isTrue();
        assertThat(lists).hasValue(1);
    }

    @Test
    void aRuntimeThatFailedIsAskedAgainAtOnce() {
        answers = false;
        assertThatThrownBy(this::isReady)
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("the test wants it so");
        answers = true;

        assertThat(isReady()).isTrue();
    }

    @Test
    void theListOfAResyncIsNotUsedAfterAnEvent() {
        sandboxes.prefetch().run();
        state = PodSandboxState.SANDBOX_NOTREADY;
        assertThat(sandboxes.look(false).ofPod(NAME).isReady("1")).isTrue();

        sandboxes.forget(POD);

        assertThat(sandboxes.look(false).ofPod(NAME).isReady("1")).isFalse();
    }

    /** containerd: the spec may not be there until the sandbox has been made. */
    @Test
    void aRuntimeThatTellsNoNamespaceYetIsAskedAgain() {
        for (String untold : new String[] {"", "{}", "no JSON", "[1]"}) {
            info = untold;
            assertThat(sandboxes.netns("1")).as(untold).isEmpty();
        }
        info =
                "{\"runtimeSpec\":{\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/var/run/netns/cni-1\"}]}}}";

        assertThat(sandboxes.netns("1")).hasValue("/var/run/netns/cni-1");
    }
}
