package io.podoffload.binder;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.grpc.ManagedChannel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.podoffload.binder.command.Answers;
import io.podoffload.binder.command.Failure;
import io.podoffload.binder.diagnosis.ClusterFacts;
import io.podoffload.binder.examine.ClusterExamination;
import io.podoffload.binder.examine.ClusterObjects;
import io.podoffload.binder.examine.NodeExamination;
import io.podoffload.binder.examine.PodExamination;
import io.podoffload.binder.kernel.Devlink;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.ManagedDevices;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.kernel.SysfsNics;
import io.podoffload.binder.kube.ApiClient;
import io.podoffload.binder.kube.ApiServer;
import io.podoffload.binder.kube.NodeConditions;
import io.podoffload.binder.kubelet.Kubelet;
import io.podoffload.binder.kubelet.PodResources;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.ovs.OvsConfiguration;
import io.podoffload.binder.ovs.Unixctl;
import io.podoffload.binder.prepare.NodePreparation;
import io.podoffload.binder.prepare.PrepareProperties;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.BeansException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Who talks to whom when a command examines the node itself. The binder needs none of it, so that no scan may find it. */
@EnableConfigurationProperties({NodeBinderProperties.class, PrepareProperties.class})
class CommandWiring {

    private static final Logger LOG = LoggerFactory.getLogger(CommandWiring.class);

    /** Long enough for ten packets of a ping. */
    private static final Duration WATCH = Duration.ofSeconds(2);

    @Bean
    Links hostLinks() {
        return Links.ofHost();
    }

    @Bean
    NicControl nics(NodeBinderProperties properties, Links hostLinks) {
        return new SysfsNics(properties.sysfs(), new Devlink(), hostLinks);
    }

    @Bean(destroyMethod = "shutdownGracefully")
    EventLoopGroup eventLoop() {
        return new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @Bean(destroyMethod = "shutdownNow")
    ManagedChannel kubeletChannel(NodeBinderProperties properties, EventLoopGroup eventLoop) {
        return UnixChannel.to(properties.kubeletSocket(), eventLoop);
    }

    @Bean
    PodResources everyResource(ManagedChannel kubeletChannel, NodeBinderProperties properties) {
        return PodResources.ofEveryResource(new Kubelet(kubeletChannel, properties.kubeletSocket()));
    }

    @Bean
    NodePreparation preparation(
            NodeBinderProperties properties,
            PrepareProperties prepare,
            NicControl nics,
            Links hostLinks,
            PodResources everyResource) {
        return NodePreparation.of(
                prepare,
                nics,
                hostLinks,
                everyResource::all,
                properties.ovsdbSocket(),
                properties.exclude(),
                () -> ofNode(properties.nodeName(), NodeConditions::labels),
                () -> ofNode(properties.nodeName(), NodeConditions::paused));
    }

    private static <T> T ofNode(String nodeName, Function<NodeConditions, T> question) {
        try (KubernetesClient client = ApiClient.open()) {
            return question.apply(new NodeConditions(client, new ApiServer(), nodeName, Clock.systemUTC()));
        }
    }

    @Bean
    NodeExamination nodeExamination(NodeBinderProperties properties, NicControl nics, Links hostLinks) {
        return new NodeExamination(
                nics,
                hostLinks,
                properties.procfs(),
                properties.ovsdbSocket(),
                new ManagedDevices(properties.networkManager()));
    }

    @Bean
    KubernetesClient kubernetesClient() {
        return ApiClient.open();
    }

    /** Read when it is made: a command asks once. */
    @Bean
    ClusterExamination cluster(KubernetesClient kubernetesClient, NodeBinderProperties properties) {
        return new ClusterExamination(
                ClusterObjects.read(kubernetesClient, properties.namespace()), properties.resources());
    }

    @Bean
    Answers answers(
            NodeExamination nodeExamination,
            NicControl nics,
            PodResources everyResource,
            NodeBinderProperties properties,
            ObjectProvider<KubernetesClient> kubernetesClient,
            ObjectProvider<ClusterExamination> cluster) {
        return new Answers(
                properties.nodeName(),
                pod -> new PodExamination(
                                kubernetesClient.getObject(),
                                everyResource,
                                new NicTopology(properties.sysfs(), new Devlink()),
                                nics,
                                () -> OvsConfiguration.read(properties.ovsdbSocket()),
                                new Unixctl(properties.openvswitchRunDir()),
                                Optional::empty,
                                WATCH,
                                properties.nodeName(),
                                properties.resources())
                        .examine(pod),
                nodeExamination::facts,
                () -> clusterIfAllowed(cluster),
                nics::pfs,
                everyResource::all);
    }

    /** A binder's own account may not read networks and Deployments; a person's may. */
    private static Optional<ClusterFacts> clusterIfAllowed(ObjectProvider<ClusterExamination> cluster) {
        try {
            return Optional.of(cluster.getObject().facts());
        } catch (BeansException | KubernetesClientException e) {
            LOG.warn("Networks and Subnets of the cluster are not checked: {}", Failure.sentence(e));
            return Optional.empty();
        }
    }
}
