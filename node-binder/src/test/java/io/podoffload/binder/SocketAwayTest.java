package io.podoffload.binder;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kubelet.Kubelet;
import io.podoffload.binder.kubelet.PodResources;
import io.podoffload.binder.outage.DependencyAway;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** A socket that nothing answers at is named. */
class SocketAwayTest {

    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

    @TempDir
    Path folder;

    @AfterEach
    void stop() {
        eventLoop.shutdownGracefully();
    }

    @Test
    void aSocketThatIsNotThereIsNamed() {
        Path socket = folder.resolve("kubelet.sock");
        ManagedChannel channel = UnixChannel.to(socket, eventLoop);
        PodResources kubelet = new PodResources(new Kubelet(channel, socket), Set.of("example.com/vf"));

        assertThatThrownBy(() -> kubelet.of(new PodName("default", "web")))
                .isInstanceOf(DependencyAway.class)
                .hasMessage(socket + ": UNAVAILABLE: io exception: there is no such socket");
        channel.shutdownNow();
    }

    @Test
    void aSocketThatNothingListensAtIsNamed() throws IOException {
        Path socket = folder.resolve("containerd.sock");
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(socket))
                .close();
        ManagedChannel channel = UnixChannel.to(socket, eventLoop);
        Sandboxes sandboxes = new Sandboxes(channel, socket, JsonMapper.shared());

        assertThatThrownBy(sandboxes.prefetch()::run)
                .isInstanceOf(DependencyAway.class)
                .hasMessageStartingWith(socket + ": UNAVAILABLE: io exception: ")
                .hasMessageEndingWith("Connection refused");
        channel.shutdownNow();
    }
}
