package io.podoffload.binder;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.ManagedChannel;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.podoffload.binder.binding.AllocationSource;
import io.podoffload.binder.binding.NodeNetwork;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.command.Answers;
import io.podoffload.binder.command.CommandSocket;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.diagnosis.Checks;
import io.podoffload.binder.examine.NodeExamination;
import io.podoffload.binder.examine.PodExamination;
import io.podoffload.binder.kernel.Devlink;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.ManagedDevices;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.kernel.SysfsNics;
import io.podoffload.binder.kube.ApiServer;
import io.podoffload.binder.kube.BindingReporter;
import io.podoffload.binder.kube.NodeConditions;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.NodeReport;
import io.podoffload.binder.kube.OffloadReporter;
import io.podoffload.binder.kube.Pause;
import io.podoffload.binder.kube.PodStatus;
import io.podoffload.binder.kube.Subnets;
import io.podoffload.binder.kube.ThisNode;
import io.podoffload.binder.kubelet.Kubelet;
import io.podoffload.binder.kubelet.PodResources;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.ovs.IntegrationBridge;
import io.podoffload.binder.ovs.OvsConfiguration;
import io.podoffload.binder.ovs.Unixctl;
import io.podoffload.binder.prepare.NodePreparation;
import io.podoffload.binder.prepare.PrepareProperties;
import io.podoffload.binder.reconcile.AllottedVfs;
import io.podoffload.binder.reconcile.DesiredBindings;
import io.podoffload.binder.reconcile.LinuxNode;
import io.podoffload.binder.reconcile.ManagedVfs;
import io.podoffload.binder.reconcile.NodeObserver;
import io.podoffload.binder.reconcile.OffloadWatch;
import io.podoffload.binder.reconcile.Opponent;
import io.podoffload.binder.reconcile.PodNetworks;
import io.podoffload.binder.reconcile.PodReconciler;
import io.podoffload.binder.reconcile.Reconciler;
import io.podoffload.binder.reconcile.ReportContents;
import io.podoffload.binder.reconcile.UnservedPods;
import io.podoffload.binder.reconcile.VfInventory;
import io.podoffload.binder.reconcile.VfStates;
import io.podoffload.binder.reconcile.VfWatch;
import io.podoffload.binder.reconcile.WorkQueue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** Who talks to whom. */
@Configuration(proxyBeanMethods = false)
class BinderWiring {

    /** Enough to tell two boots of one machine apart. */
    private static final int BOOT_ID_LENGTH = 8;

    private static final int VFS_AT_ONCE = 4;

    /** They share a List of the kubelet's, and wait for it together. */
    private static final int PODS_AT_ONCE = 16;

    /** A command is to be answered within a second. */
    private static final Duration SHORTEST_WATCH = Duration.ofMillis(400);

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean
    EventSources eventSources() {
        return new EventSources();
    }

    @Bean(destroyMethod = "shutdownGracefully")
    EventLoopGroup eventLoop() {
        return new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @Bean(destroyMethod = "shutdownNow")
    ManagedChannel kubeletChannel(NodeBinderProperties properties, EventLoopGroup eventLoop) {
        return UnixChannel.to(properties.kubeletSocket(), eventLoop);
    }

    @Bean(destroyMethod = "shutdownNow")
    ManagedChannel criChannel(NodeBinderProperties properties, EventLoopGroup eventLoop) {
        return UnixChannel.to(properties.criSocket(), eventLoop);
    }

    @Bean
    Kubelet kubelet(ManagedChannel kubeletChannel, NodeBinderProperties properties) {
        return new Kubelet(kubeletChannel, properties.kubeletSocket());
    }

    @Bean
    PodResources podResources(Kubelet kubelet, NodeBinderProperties properties) {
        return new PodResources(kubelet, properties.resources());
    }

    @Bean
    Sandboxes sandboxes(ManagedChannel criChannel, NodeBinderProperties properties, JsonMapper json) {
        return new Sandboxes(criChannel, properties.criSocket(), json);
    }

    @Bean
    Links hostLinks() {
        return Links.ofHost();
    }

    @Bean
    NicTopology topology(NodeBinderProperties properties) {
        return new NicTopology(properties.sysfs(), new Devlink());
    }

    @Bean
    VfInventory inventory(NicTopology topology, Links hostLinks) {
        return new VfInventory(topology, hostLinks);
    }

    @Bean
    IntegrationBridge bridge(JsonMapper json, NodeBinderProperties properties, EventSources events) {
        return new IntegrationBridge(
                json, properties.ovsdbSocket(), properties.bridge(), events::portChanged, events::inDoubt);
    }

    @Bean
    ApiServer apiServer() {
        return new ApiServer();
    }

    @Bean
    NodePods pods(KubernetesClient client, ApiServer apiServer, NodeBinderProperties properties, EventSources events) {
        return new NodePods(
                client, apiServer, properties.nodeName(), properties.resources(), events::podChanged, events::podGone);
    }

    @Bean
    ThisNode thisNode(KubernetesClient client, ApiServer apiServer, NodeBinderProperties properties) {
        return new ThisNode(client, apiServer, properties.nodeName());
    }

    @Bean
    Pause pause(ThisNode node, NodePods pods, EventSources events, MeterRegistry meters) {
        Pause pause = new Pause(node, pods, events::inDoubt);
        Gauge.builder("pod.offload.binder.paused", () -> pause.ofNode().isPresent() ? 1 : 0)
                .description(
                        "1 while the annotation pod-offload.io/paused of the Node keeps the binder from changing anything")
                .register(meters);
        return pause;
    }

    @Bean
    Subnets subnets(KubernetesClient client, ApiServer apiServer) {
        return new Subnets(client, apiServer);
    }

    @Bean
    PodNetworks podNetworks(Subnets subnets, ThisNode node, Links hostLinks, EventSources events) {
        return new PodNetworks(subnets, node, hostLinks, events::subnetRead);
    }

    @Bean
    PodStatus podStatus(
            KubernetesClient client, ApiServer apiServer, NodePods pods, NodeBinderProperties properties, Clock clock) {
        return new PodStatus(client, apiServer, pods, properties.nodeName(), clock);
    }

    @Bean
    BindingReporter reporter(PodStatus podStatus) {
        return new BindingReporter(podStatus);
    }

    @Bean
    NicControl nics(NodeBinderProperties properties, Links hostLinks) {
        return new SysfsNics(properties.sysfs(), new Devlink(), hostLinks);
    }

    @Bean
    NodeExamination examination(NodeBinderProperties properties, NicControl nics, Links hostLinks) {
        return new NodeExamination(
                nics,
                hostLinks,
                properties.procfs(),
                properties.ovsdbSocket(),
                new ManagedDevices(properties.networkManager()));
    }

    @Bean
    Unixctl vswitchd(NodeBinderProperties properties) {
        return new Unixctl(properties.openvswitchRunDir());
    }

    @Bean
    OffloadWatch offloadWatch(
            VfStates states,
            VfInventory inventory,
            NodePods pods,
            Unixctl vswitchd,
            PodStatus podStatus,
            MeterRegistry meters,
            NodeExamination examination) {
        return new OffloadWatch(
                states,
                inventory,
                pods,
                vswitchd,
                new OffloadReporter(podStatus),
                meters,
                () -> Checks.ofNode(examination.facts()).stream()
                        .map(finding -> finding.evidence() + ". " + finding.cure())
                        .toList());
    }

    @Bean
    NodeConditions nodeConditions(
            KubernetesClient client, ApiServer apiServer, NodeBinderProperties properties, Clock clock) {
        return new NodeConditions(client, apiServer, properties.nodeName(), clock);
    }

    @Bean
    NodePreparation preparation(
            PrepareProperties prepare,
            NodeBinderProperties properties,
            NicControl nics,
            Links hostLinks,
            Kubelet kubelet,
            NodeConditions nodeConditions) {
        return NodePreparation.of(
                prepare,
                nics,
                hostLinks,
                PodResources.ofEveryResource(kubelet)::all,
                properties.ovsdbSocket(),
                properties.exclude(),
                nodeConditions::labels,
                nodeConditions::paused);
    }

    @Bean
    NodeReport nodeReport(
            KubernetesClient client, ApiServer apiServer, NodeBinderProperties properties, JsonMapper json) {
        return new NodeReport(client, apiServer, properties.namespace(), properties.nodeName(), json);
    }

    @Bean
    ReportContents reportContents(VfStates states, VfInventory inventory, OffloadWatch offload) {
        return new ReportContents(states, inventory, offload);
    }

    @Bean
    AllottedVfs allottedVfs(PodResources kubelet, NodePods pods) {
        return new AllottedVfs(kubelet, pods);
    }

    @Bean
    DesiredBindings desiredBindings(
            AllottedVfs allotted, Sandboxes sandboxes, NodeObserver observer, PodNetworks networks) {
        return new DesiredBindings(allotted, sandboxes, observer, networks);
    }

    @Bean
    NodeObserver observer(
            VfInventory inventory,
            NicTopology topology,
            Links hostLinks,
            IntegrationBridge bridge,
            NodePods pods,
            NodeBinderProperties properties) {
        return new NodeObserver(inventory, topology, hostLinks, bridge, pods, boot(properties.procfs()));
    }

    /** <a href="https://docs.kernel.org/admin-guide/sysctl/kernel.html#random">kernel.random.boot_id</a>. */
    private static String boot(Path procfs) {
        try {
            return Files.readString(procfs.resolve("sys/kernel/random/boot_id"))
                    .strip()
                    .substring(0, BOOT_ID_LENGTH);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the machine's boot id cannot be read: mount procfs, or point pod-offload.procfs at it", e);
        }
    }

    @Bean
    NodeNetwork node(Links hostLinks, IntegrationBridge bridge, VfInventory inventory) {
        return new LinuxNode(hostLinks, bridge, inventory);
    }

    @Bean
    VfStates states(Clock clock, MeterRegistry meters) {
        return new VfStates(clock, meters);
    }

    @Bean
    Reconciler reconciler(
            ManagedVfs managed,
            Pause pause,
            DesiredBindings desiredBindings,
            NodeObserver observer,
            Sandboxes sandboxes,
            IntegrationBridge bridge,
            NodeNetwork node,
            BindingReporter reporter,
            VfStates states,
            MeterRegistry meters,
            Opponent opponent) {
        return new Reconciler(
                managed,
                pause,
                desiredBindings,
                observer,
                sandboxes,
                bridge,
                node,
                reporter,
                states,
                meters,
                opponent::of);
    }

    @Bean
    ManagedVfs managed(AllocationSource allocations, NodeBinderProperties properties, VfInventory inventory) {
        return new ManagedVfs(allocations, properties.exclude(), inventory::place);
    }

    @Bean
    Opponent opponent(VfInventory inventory, NicTopology topology, Links hostLinks, NodeBinderProperties properties) {
        return new Opponent(inventory, topology, hostLinks, new ManagedDevices(properties.networkManager()));
    }

    @Bean
    WorkQueue<PciAddress> queue(Reconciler reconciler) {
        return new WorkQueue<>("VF", VFS_AT_ONCE, reconciler::reconcile);
    }

    @Bean
    UnservedPods unservedPods(NodePods pods, AllottedVfs allotted, Sandboxes sandboxes, BindingReporter reporter) {
        return new UnservedPods(pods, allotted, sandboxes, reporter);
    }

    @Bean
    VfWatch watch(
            VfInventory inventory,
            AllottedVfs allotted,
            NodePods pods,
            Sandboxes sandboxes,
            IntegrationBridge bridge,
            NodeObserver observer,
            UnservedPods unserved,
            VfStates states,
            WorkQueue<PciAddress> queue,
            PodReconciler podReconciler,
            WorkQueue<String> podQueue) {
        return new VfWatch(
                inventory,
                allotted,
                pods,
                sandboxes,
                bridge,
                observer,
                unserved,
                states,
                queue,
                podReconciler,
                podQueue);
    }

    @Bean
    PodReconciler podReconciler(
            NodePods pods, AllottedVfs allotted, UnservedPods unserved, WorkQueue<PciAddress> queue) {
        return new PodReconciler(pods, allotted, unserved, queue);
    }

    @Bean
    WorkQueue<String> podQueue(PodReconciler podReconciler) {
        return new WorkQueue<>("pod", PODS_AT_ONCE, podReconciler::reconcile);
    }

    /** What the account of a binder may not read of the cluster, a person asks for with rights of their own. */
    @Bean
    Answers answers(
            NodeBinderProperties properties,
            KubernetesClient client,
            Kubelet kubelet,
            NicTopology topology,
            NicControl nics,
            Unixctl vswitchd,
            OffloadWatch offload,
            NodeExamination examination) {
        PodResources everyResource = PodResources.ofEveryResource(kubelet);
        PodExamination pods = new PodExamination(
                client,
                everyResource,
                topology,
                nics,
                () -> OvsConfiguration.read(properties.ovsdbSocket()),
                vswitchd,
                offload::lastSample,
                SHORTEST_WATCH,
                properties.nodeName(),
                properties.resources());
        return new Answers(
                properties.nodeName(),
                pods::examine,
                examination::facts,
                Optional::empty,
                nics::pfs,
                everyResource::all);
    }

    @Bean(initMethod = "open")
    CommandSocket commandSocket(NodeBinderProperties properties, Answers answers) {
        return new CommandSocket(properties.commandSocket(), answers::to);
    }
}
