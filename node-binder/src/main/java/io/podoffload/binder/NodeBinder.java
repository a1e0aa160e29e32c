package io.podoffload.binder;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.ManagedChannel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kernel.Devlink;
import io.podoffload.binder.kernel.LinkMonitor;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.kube.BindingReporter;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.NodeReport;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.kubelet.PodResources;
import io.podoffload.binder.ovs.IntegrationBridge;
import io.podoffload.binder.reconcile.DesiredBindings;
import io.podoffload.binder.reconcile.LinuxNode;
import io.podoffload.binder.reconcile.NodeObserver;
import io.podoffload.binder.reconcile.Reconciler;
import io.podoffload.binder.reconcile.VfQueue;
import io.podoffload.binder.reconcile.VfWatch;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * The running binder: connects the sources of events to the queue, and nothing else. No change is made before the first
 * list of pods is complete.
 */
@Component
final class NodeBinder implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(NodeBinder.class);
    private static final Duration FIRST_LIST = Duration.ofSeconds(60);
    private static final long RETRY_MILLIS = 1_000;

    private final NodeBinderProperties properties;
    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ManagedChannel kubeletChannel;
    private final ManagedChannel criChannel;
    private final Links host = Links.ofHost();
    private final PodResources kubelet;
    private final NodeReport report;
    private final IntegrationBridge bridge;
    private final NodePods pods;
    private final BindingReporter reporter;
    private final Reconciler reconciler;
    private final VfQueue queue;
    private final VfWatch watch;

    /** Events are taken off their sources' threads at once: an OVSDB or pod event must not wait for the kubelet. */
    private final ScheduledThreadPoolExecutor events = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "events");
        thread.setDaemon(true);
        return thread;
    });

    private final AtomicBoolean resyncAsked = new AtomicBoolean();
    private volatile boolean running;
    private volatile boolean looking;
    private volatile @Nullable LinkMonitor linkMonitor;

    NodeBinder(NodeBinderProperties properties, KubernetesClient client, JsonMapper json) {
        this.properties = properties;
        Clock clock = Clock.systemUTC();
        kubeletChannel = UnixChannel.to(properties.kubeletSocket(), eventLoop);
        criChannel = UnixChannel.to(properties.criSocket(), eventLoop);
        kubelet = new PodResources(kubeletChannel, properties.resources());
        Sandboxes sandboxes = new Sandboxes(criChannel, json);
        NicTopology topology = new NicTopology(properties.sysfs(), new Devlink());
        bridge = new IntegrationBridge(
                json, properties.ovsdbSocket(), properties.bridge(), this::portChanged, this::resync);
        pods = new NodePods(client, properties.nodeName(), this::podChanged, this::podGone);
        report = new NodeReport(client, properties.namespace(), properties.nodeName());
        reporter = new BindingReporter(client, pods, properties.nodeName(), clock);
        NodeObserver observer = new NodeObserver(topology, host, bridge, sandboxes, pods, clock);
        reconciler = new Reconciler(
                new DesiredBindings(kubelet, pods, sandboxes),
                observer,
                new LinuxNode(host, bridge, topology),
                reporter);
        queue = new VfQueue(reconciler::reconcile);
        watch = new VfWatch(topology, kubelet, bridge, observer, queue::look, queue::lookAtUnsettled);
    }

    @Override
    public void start() {
        pods.start(FIRST_LIST);
        running = true;
        events.execute(this::lookFirst);
    }

    /** Reads every VF once before anything is changed; a source that is down delays it. */
    private void lookFirst() {
        try {
            watch.vfs().forEach(reconciler::look);
        } catch (RuntimeException e) {
            LOG.warn("waiting for the first look at this node's VFs: {}", e.getMessage());
            LOG.debug("waiting for the first look", e);
            Future<?> unused = events.schedule(this::lookFirst, RETRY_MILLIS, TimeUnit.MILLISECONDS);
            return;
        }
        linkMonitor = new LinkMonitor(link -> later(() -> watch.linkChanged(link)), this::resync);
        looking = true;
        Future<?> unused = events.scheduleWithFixedDelay(
                () -> follow(this::resyncAndReport), 0, properties.resync().toMillis(), TimeUnit.MILLISECONDS);
        LOG.info("looking after the VFs of node {}", properties.nodeName());
    }

    private void resyncAndReport() {
        watch.resync();
        report.write(kubelet.allocatable());
    }

    /** Whether every VF has been looked at, so that the binder acts on what it sees. */
    boolean isLooking() {
        return looking;
    }

    private void podChanged(PodView pod) {
        later(() -> watch.podChanged(pod));
    }

    private void podGone(PodView pod) {
        reporter.forget(pod.ref());
        podChanged(pod);
    }

    private void portChanged(String name) {
        later(() -> watch.portChanged(name));
    }

    private void resync() {
        later(watch::resync);
    }

    /** Before the first look is done nothing need be followed: it reads everything. */
    private void later(Runnable event) {
        if (running && looking) {
            events.execute(() -> follow(event));
        }
    }

    /** A source that is down must not end the events of the others; looking at every VF makes up for what was missed. */
    private void follow(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException e) {
            LOG.warn("an event could not be followed, looking at every VF again soon: {}", e.getMessage());
            LOG.debug("an event could not be followed", e);
            if (resyncAsked.compareAndSet(false, true)) {
                Future<?> unused = events.schedule(
                        () -> {
                            resyncAsked.set(false);
                            follow(watch::resync);
                        },
                        RETRY_MILLIS,
                        TimeUnit.MILLISECONDS);
            }
        }
    }

    @Override
    public void stop() {
        running = false;
        looking = false;
        events.shutdownNow();
        LinkMonitor monitor = linkMonitor;
        if (monitor != null) {
            monitor.close();
        }
        queue.close();
        pods.close();
        bridge.close();
        kubeletChannel.shutdownNow();
        criChannel.shutdownNow();
        Future<?> unused = eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        host.close();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
