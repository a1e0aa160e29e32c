package io.podoffload.binder.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.kubelet.v1.AllocatableResourcesRequest;
import io.podoffload.binder.kubelet.v1.AllocatableResourcesResponse;
import io.podoffload.binder.kubelet.v1.ContainerDevices;
import io.podoffload.binder.kubelet.v1.ContainerResources;
import io.podoffload.binder.kubelet.v1.GetPodResourcesRequest;
import io.podoffload.binder.kubelet.v1.GetPodResourcesResponse;
import io.podoffload.binder.kubelet.v1.ListPodResourcesRequest;
import io.podoffload.binder.kubelet.v1.ListPodResourcesResponse;
import io.podoffload.binder.kubelet.v1.PodResourcesListerGrpc;
import io.podoffload.binder.outage.DependencyAway;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How often the kubelet is asked, and what counts as its answer. */
class PodResourcesTest {

    private static final String RESOURCE = "example.com/vf";
    private static final PciAddress VF = new PciAddress("0000:03:00.2");
    private static final int PODS = 200;

    private final AtomicInteger gets = new AtomicInteger();
    private final AtomicInteger lists = new AtomicInteger();
    private volatile boolean refuses;
    private volatile int numaNodes = 1;
    private Server server;
    private ManagedChannel channel;
    private PodResources kubelet;

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(new Lister())
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .build();
        kubelet = new PodResources(new Kubelet(channel, Path.of("/no/socket")), Set.of(RESOURCE));
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }

    @Test
    void onePodIsAskedForByItself() {
        assertThat(kubelet.of(pod(0))).containsExactly(VF);

        assertThat(gets).hasValue(1);
        assertThat(lists).hasValue(0);
    }

    /** The kubelet lists a device of two NUMA nodes once for each; kubernetes, containerDevicesFromResourceDeviceInstances. */
    @Test
    void aDeviceOfSeveralNumaNodesIsOneVf() {
        numaNodes = 2;

        assertThat(kubelet.of(pod(0))).containsExactly(VF);
        assertThat(kubelet.offer().vfs()).containsExactly(VF);
        assertThat(kubelet.offer().capacity()).containsExactly(Map.entry(RESOURCE, 1));
    }

    @Test
    void aStormOfLooksStaysFarBelowWhatTheKubeletAllows() throws Exception {
        long begin = System.nanoTime();
        ExecutorService looks = Executors.newFixedThreadPool(8);
        List<Future<List<PciAddress>>> answers = new ArrayList<>();
        for (int pod = 0; pod < PODS; pod++) {
            PodName name = pod(pod);
            answers.add(looks.submit(() -> kubelet.of(name)));
        }
        for (Future<List<PciAddress>> answer : answers) {
            assertThat(answer.get(30, TimeUnit.SECONDS)).containsExactly(VF);
        }
        looks.shutdown();

        double seconds = (System.nanoTime() - begin) / 1e9;
        assertThat(gets.get() + lists.get())
                .as("calls in %.3f s: the kubelet takes 10 at once and 100 a second", seconds)
                .isLessThan(10 + (int) (100 * seconds));
    }

    @Test
    void whatTheKubeletRefusesIsNoAnswer() {
        refuses = true;
        assertThatThrownBy(() -> kubelet.of(pod(0)))
                .isInstanceOf(DependencyAway.class)
                .hasMessage("/no/socket: RESOURCE_EXHAUSTED: rejected by rate limit");
        assertThatThrownBy(kubelet::all).isInstanceOf(DependencyAway.class);
        refuses = false;

        assertThat(kubelet.of(pod(0))).containsExactly(VF);
    }

    private static PodName pod(int number) {
        return new PodName("default", "pod-" + number);
    }

    private final class Lister extends PodResourcesListerGrpc.PodResourcesListerImplBase {

        @Override
        public void get(GetPodResourcesRequest request, StreamObserver<GetPodResourcesResponse> reply) {
            gets.incrementAndGet();
            answer(
                    reply,
                    GetPodResourcesResponse.newBuilder()
                            .setPodResources(resources(request.getPodName()))
                            .build());
        }

        @Override
        public void list(ListPodResourcesRequest request, StreamObserver<ListPodResourcesResponse> reply) {
            lists.incrementAndGet();
            ListPodResourcesResponse.Builder all = ListPodResourcesResponse.newBuilder();
            for (int pod = 0; pod < PODS; pod++) {
                all.addPodResources(resources("pod-" + pod));
            }
            answer(reply, all.build());
        }

        @Override
        public void getAllocatableResources(
                AllocatableResourcesRequest request, StreamObserver<AllocatableResourcesResponse> reply) {
            answer(
                    reply,
                    AllocatableResourcesResponse.newBuilder()
                            .addAllDevices(devices())
                            .addDevices(ContainerDevices.newBuilder()
                                    .setResourceName("example.com/other")
                                    .addDeviceIds("0000:05:00.1"))
                            .build());
        }

        private List<ContainerDevices> devices() {
            return Collections.nCopies(
                    numaNodes,
                    ContainerDevices.newBuilder()
                            .setResourceName(RESOURCE)
                            .addDeviceIds(VF.value())
                            .build());
        }

        private <T> void answer(StreamObserver<T> reply, T answer) {
            if (refuses) {
                reply.onError(Status.RESOURCE_EXHAUSTED
                        .withDescription("rejected by rate limit")
                        .asRuntimeException());
                return;
            }
            reply.onNext(answer);
            reply.onCompleted();
        }

        private io.podoffload.binder.kubelet.v1.PodResources resources(String pod) {
            return io.podoffload.binder.kubelet.v1.PodResources.newBuilder()
                    .setNamespace("default")
                    .setName(pod)
                    .addContainers(ContainerResources.newBuilder().addAllDevices(devices()))
                    .build();
        }
    }
}
