package io.podoffload.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.command.Answer;
import io.podoffload.binder.command.Answers;
import io.podoffload.binder.command.Marks;
import io.podoffload.binder.command.Question;
import io.podoffload.binder.command.Request;
import io.podoffload.binder.command.Style;
import io.podoffload.binder.examine.NodeExamination;
import io.podoffload.binder.examine.PodExamination;
import io.podoffload.binder.kernel.Devlink;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.kubelet.Kubelet;
import io.podoffload.binder.kubelet.PodResources;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.ovs.OvsConfiguration;
import io.podoffload.binder.ovs.Unixctl;
import io.podoffload.sim.StagedNode;
import io.podoffload.sim.StagedNode.Staged;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;

/** The command {@code explain}, run in this JVM: a JVM of its own takes half a minute here. */
final class Explanations implements AutoCloseable {

    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ManagedChannel kubelet;
    private final Answers answers;

    Explanations(StagedNode node, NicControl nics, NodeExamination examination) {
        kubelet = NettyChannelBuilder.forAddress(
                        new DomainSocketAddress(node.kubeletSocket().toString()))
                .channelType(EpollDomainSocketChannel.class)
                .eventLoopGroup(eventLoop)
                .usePlaintext()
                .overrideAuthority("localhost")
                .build();
        Path ovsdb = node.ovs().socket();
        PodExamination pods = new PodExamination(
                node.client(),
                PodResources.ofEveryResource(new Kubelet(kubelet, node.kubeletSocket())),
                new NicTopology(Path.of("/sys"), new Devlink()),
                nics,
                () -> OvsConfiguration.read(ovsdb),
                new Unixctl(Objects.requireNonNull(ovsdb.getParent())),
                Optional::empty,
                Duration.ofSeconds(2),
                StagedNode.NODE,
                Set.of("mellanox.com/cx5_sriov_switchdev"));
        answers = new Answers(StagedNode.NODE, pods::examine, examination::facts, Optional::empty, nics::pfs, Map::of);
    }

    /**
     * What the command prints.
     *
     * @param holds whether it ended with 0
     */
    record Explanation(boolean holds, String text) {}

    Explanation of(Staged staged) {
        Answer answer = answers.to(new Request(
                new Question.Explain(
                        new PodName("default", staged.pod().getMetadata().getName())),
                new Style(Style.Format.TEXT, Marks.UNICODE)));
        return new Explanation(answer.exitCode() == 0, answer.text());
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
