package io.podoffload.binder;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.grpc.ManagedChannel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.podoffload.binder.command.Command;
import io.podoffload.binder.command.InventoryCommand;
import io.podoffload.binder.command.PrepareCommand;
import io.podoffload.binder.kernel.Devlink;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.SysfsNics;
import io.podoffload.binder.kube.NodeConditions;
import io.podoffload.binder.kubelet.PodResources;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.prepare.NodePreparation;
import io.podoffload.binder.prepare.PrepareProperties;
import java.time.Clock;
import java.util.Map;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import tools.jackson.databind.json.JsonMapper;

/** Who talks to whom when the program runs a command; found by nobody's scan, since the binder needs none of it. */
@EnableConfigurationProperties({NodeBinderProperties.class, PrepareProperties.class})
class CommandWiring {

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
        try (KubernetesClient client = new KubernetesClientBuilder().build()) {
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
}
