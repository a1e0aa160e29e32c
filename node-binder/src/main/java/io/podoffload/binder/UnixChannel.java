package io.podoffload.binder;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Path;

/**
 * A gRPC channel over a unix socket; it connects at the first call, and again when the other side restarts. Answers are taken
 * on the event loop itself: nobody who takes one waits for anything.
 */
final class UnixChannel {

    /** Kubelet and runtime send no more. Their lists name every pod of the node, and the runtime's carry the pods' annotations. */
    private static final int LARGEST_ANSWER = 16 << 20;

    private UnixChannel() {}

    static ManagedChannel to(Path socket, EventLoopGroup eventLoop) {
        return NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toString()))
                .channelType(EpollDomainSocketChannel.class)
                .eventLoopGroup(eventLoop)
                .usePlaintext()
                .maxInboundMessageSize(LARGEST_ANSWER)
                .directExecutor()
                .overrideAuthority("localhost")
                .build();
    }
}
