package io.podoffload.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.podoffload.binder.command.ExplainCommand;
import io.podoffload.binder.examine.NodeExamination;
import io.podoffload.binder.examine.PodExamination;
import io.podoffload.binder.kernel.Devlink;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.kubelet.PodResources;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.ovs.OvsConfiguration;
import io.podoffload.binder.ovs.Unixctl;
import io.podoffload.sim.StagedNode;
import io.podoffload.sim.StagedNode.Staged;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import tools.jackson.databind.json.JsonMapper;

/** The command {@code explain}, run in this JVM: a JVM of its own takes half a minute here. */
final class Explanations implements AutoCloseable {

    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ManagedChannel kubelet;
    private final ExplainCommand explain;

    Explanations(StagedNode node, NicControl nics, NodeExamination examination) {
        kubelet = NettyChannelBuilder.forAddress(
                        new DomainSocketAddress(node.kubeletSocket().toString()))
                .channelType(EpollDomainSocketChannel.class)
                .eventLoopGroup(eventLoop)
                .usePlaintext()
                .overrideAuthority("localhost")
                .build();
        Path ovsdb = node.ovs().socket();
        explain = new ExplainCommand(
                new PodExamination(
                        node.client(),
                        PodResources.ofEveryResource(kubelet),
                        new NicTopology(Path.of("/sys"), new Devlink()),
                        nics,
                        () -> OvsConfiguration.read(ovsdb),
                        new Unixctl(Objects.requireNonNull(ovsdb.getParent())),
                        StagedNode.NODE,
                        Set.of("mellanox.com/cx5_sriov_switchdev")),
                examination::facts,
                Optional::empty,
                JsonMapper.shared());
    }

    /**
     * What the command prints.
     *
     * @param holds whether it ended with 0
     */
    record Explanation(boolean holds, String text) {}

    Explanation of(Staged staged) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        int code = explain.run(
                List.of("default/" + staged.pod().getMetadata().getName()),
                new PrintStream(printed, true, StandardCharsets.UTF_8));
        return new Explanation(code == 0, printed.toString(StandardCharsets.UTF_8));
    }

    /** Until no hop breaks and the flows show, by the packets that they count now, that the NIC forwards them. */
    void awaitHolds(Staged pod) {
        Awaitility.await("the chain of the pod holds")
                .atMost(Duration.ofSeconds(120))
                .untilAsserted(() -> {
                    Explanation explanation = of(pod);
                    assertThat(explanation.text()).contains("✓ flows").doesNotContain("✗");
                    assertThat(explanation.holds()).isTrue();
                });
    }

    @Override
    public void close() {
        kubelet.shutdownNow();
        eventLoop.shutdownGracefully();
    }
}
