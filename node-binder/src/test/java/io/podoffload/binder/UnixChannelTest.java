package io.podoffload.binder;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.podoffload.binder.cri.v1.ListPodSandboxRequest;
import io.podoffload.binder.cri.v1.ListPodSandboxResponse;
import io.podoffload.binder.cri.v1.PodSandbox;
import io.podoffload.binder.cri.v1.RuntimeServiceGrpc;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class UnixChannelTest {

    /** 255 KiB of annotations on each of 60 pods: what anybody who may create pods can make a runtime list. */
    @Test
    void aListOf15MebibytesIsTaken() throws Exception {
        Path socket = Files.createTempDirectory("cri").resolve("s");
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Server server = NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toString()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .addService(new RuntimeServiceGrpc.RuntimeServiceImplBase() {
                    @Override
                    public void listPodSandbox(
                            ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> reply) {
                        ListPodSandboxResponse.Builder list = ListPodSandboxResponse.newBuilder();
                        for (int pod = 0; pod < 60; pod++) {
                            list.addItems(PodSandbox.newBuilder().setId("x".repeat(255 << 10)));
                        }
                        reply.onNext(list.build());
                        reply.onCompleted();
                    }
                })
                .build()
                .start();
        ManagedChannel channel = UnixChannel.to(socket, loop);
        try {
            assertThat(RuntimeServiceGrpc.newBlockingStub(channel)
                            .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                            .getItemsCount())
                    .isEqualTo(60);
        } finally {
            channel.shutdownNow();
            server.shutdownNow();
            loop.shutdownGracefully();
            Files.delete(socket.getParent());
        }
    }
}
