package io.podoffload.binder;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.grpc.ManagedChannel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.podoffload.binder.command.Command;
import io.podoffload.binder.command.DoctorCommand;
import io.podoffload.binder.command.ExplainCommand;
import io.podoffload.binder.command.InventoryCommand;
import io.podoffload.binder.command.PrepareCommand;
import io.podoffload.binder.diagnosis.ClusterFacts;
import io.podoffload.binder.examine.ClusterExamination;
import io.podoffload.binder.examine.NodeExamination;
import io.podoffload.binder.examine.PodExamination;
import io.podoffload.binder.kernel.Devlink;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.kernel.SysfsNics;
import io.podoffload.binder.kube.ApiClient;
import io.podoffload.binder.kube.NodeConditions;
import io.podoffload.binder.kubelet.PodResources;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.ovs.OvsConfiguration;
import io.podoffload.binder.ovs.Unixctl;
import io.podoffload.binder.prepare.NodePreparation;
import io.podoffload.binder.prepare.PrepareProperties;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import tools.jackson.databind.json.JsonMapper;

/** Who talks to whom when the program runs a command; found by nobody's scan, since the binder needs none of it. */
@EnableConfigurationProperties({NodeBinderProperties.class, PrepareProperties.class})
class CommandWiring {

    private static final Logger LOG = LoggerFactory.getLogger(CommandWiring.class);

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
    PodResources everyResource(ManagedChannel kubeletChannel) {
        return PodResources.ofEveryResource(kubeletChannel);
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
                () -> labels(properties.nodeName()));
    }

    /** Asked only where the settings select by them, so that preparation needs no API server otherwise. */
    private static Map<String, String> labels(String nodeName) {
        try (KubernetesClient client = ApiClient.open()) {
            return new NodeConditions(client, nodeName, Clock.systemUTC()).labels();
        }
    }

    @Bean("prepare")
    Command prepareCommand(NodePreparation preparation) {
        return new PrepareCommand(preparation);
    }

    @Bean("inventory")
    Command inventoryCommand(NicControl nics, PodResources everyResource, NodeBinderProperties properties) {
        return new InventoryCommand(nics, everyResource::all, properties.nodeName(), JsonMapper.shared());
    }

    @Bean
    NodeExamination nodeExamination(NodeBinderProperties properties, NicControl nics, Links hostLinks) {
        return new NodeExamination(
                nics, hostLinks, properties.procfs(), properties.ovsdbSocket(), properties.networkManager());
    }

    @Bean
    @Lazy
    KubernetesClient kubernetesClient() {
        return ApiClient.open();
    }

    @Bean("doctor")
    Command doctorCommand(
            NodeExamination nodeExamination,
            NodeBinderProperties properties,
            ObjectProvider<KubernetesClient> kubernetesClient) {
        return new DoctorCommand(
                nodeExamination::facts,
                () -> cluster(kubernetesClient, properties).facts(),
                JsonMapper.shared());
    }

    @Bean("explain")
    @Lazy
    Command explainCommand(
            NodeExamination nodeExamination,
            NicControl nics,
            PodResources everyResource,
            NodeBinderProperties properties,
            ObjectProvider<KubernetesClient> kubernetesClient) {
        PodExamination pods = new PodExamination(
                kubernetesClient.getObject(),
                everyResource,
                new NicTopology(properties.sysfs(), new Devlink()),
                nics,
                () -> OvsConfiguration.read(properties.ovsdbSocket()),
                new Unixctl(properties.openvswitchRunDir()),
                properties.nodeName(),
                properties.resources());
        return new ExplainCommand(
                pods,
                nodeExamination::facts,
                () -> clusterIfAllowed(kubernetesClient, properties),
                JsonMapper.shared());
    }

    private static ClusterExamination cluster(
            ObjectProvider<KubernetesClient> client, NodeBinderProperties properties) {
        return new ClusterExamination(client.getObject(), properties.namespace(), properties.resources());
    }

    /** A binder's own account may not read networks and Deployments; a person's may. */
    private static Optional<ClusterFacts> clusterIfAllowed(
            ObjectProvider<KubernetesClient> client, NodeBinderProperties properties) {
        try {
            return Optional.of(cluster(client, properties).facts());
        } catch (KubernetesClientException e) {
            LOG.info("the cluster's own settings are not looked at: {}", e.getMessage());
            return Optional.empty();
        }
    }
}
