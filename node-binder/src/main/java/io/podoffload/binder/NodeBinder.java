package io.podoffload.binder;

import io.grpc.ManagedChannel;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.podoffload.binder.Watchdog.Cure;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.cri.SandboxWatch;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kernel.LinkMonitor;
import io.podoffload.binder.kube.NodeConditions;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.NodeReport;
import io.podoffload.binder.kube.ThisNode;
import io.podoffload.binder.outage.Outage;
import io.podoffload.binder.outage.SignOfLife;
import io.podoffload.binder.ovs.IntegrationBridge;
import io.podoffload.binder.prepare.NodePreparation;
import io.podoffload.binder.prepare.PrepareProperties;
import io.podoffload.binder.prepare.Preparedness;
import io.podoffload.binder.reconcile.ManagedVfs;
import io.podoffload.binder.reconcile.OffloadWatch;
import io.podoffload.binder.reconcile.Reconciler;
import io.podoffload.binder.reconcile.ReportContents;
import io.podoffload.binder.reconcile.VfWatch;
import io.podoffload.binder.reconcile.WorkQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * The running binder: starts and stops the sources of events in order. No change is made before the first list of pods is
 * complete and every VF has been looked at.
 */
@Component
final class NodeBinder implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(NodeBinder.class);
    private static final long SECOND_MILLIS = 1_000;
    private static final long REPORT_MILLIS = 5_000;
    private static final long OFFER_MILLIS = 10_000;

    private final NodeBinderProperties properties;
    private final EventSources events;
    private final NodePods pods;
    private final ThisNode node;
    private final Reconciler reconciler;
    private final VfWatch watch;
    private final WorkQueue<PciAddress> queue;
    private final WorkQueue<String> podQueue;
    private final Watchdog watchdog;
    private final ReportContents contents;
    private final IntegrationBridge bridge;
    private final ManagedVfs managed;
    private final NodeReport report;
    private final ManagedChannel criChannel;
    private final Sandboxes sandboxes;
    private final NodePreparation preparation;
    private final NodeConditions conditions;
    private final PrepareProperties prepare;
    private final OffloadWatch offload;

    /** A dump of many flows takes a second, for which no event should wait. */
    private final ScheduledExecutorService proof = thread("offload");

    /** The client tries for half a minute to reach an API server that is away. */
    private final ScheduledExecutorService reports = thread("reports");

    /** The kubelet may take its time. */
    private final ScheduledExecutorService offers = thread("offers");

    private final SignOfLife eventsFollowed = new SignOfLife();
    private final SignOfLife resynced = new SignOfLife();
    private volatile long lastResyncNanos;
    private volatile boolean running;
    private volatile @Nullable LinkMonitor linkMonitor;
    private volatile @Nullable SandboxWatch sandboxWatch;

    NodeBinder(
            NodeBinderProperties properties,
            EventSources events,
            NodePods pods,
            ThisNode node,
            Reconciler reconciler,
            VfWatch watch,
            WorkQueue<PciAddress> queue,
            WorkQueue<String> podQueue,
            Watchdog watchdog,
            ReportContents contents,
            IntegrationBridge bridge,
            ManagedVfs managed,
            NodeReport report,
            ManagedChannel criChannel,
            Sandboxes sandboxes,
            NodePreparation preparation,
            NodeConditions conditions,
            PrepareProperties prepare,
            OffloadWatch offload,
            MeterRegistry meters) {
        this.properties = properties;
        this.events = events;
        this.pods = pods;
        this.node = node;
        this.reconciler = reconciler;
        this.watch = watch;
        this.queue = queue;
        this.podQueue = podQueue;
        this.watchdog = watchdog;
        this.contents = contents;
        this.bridge = bridge;
        this.managed = managed;
        this.report = report;
        this.criChannel = criChannel;
        this.sandboxes = sandboxes;
        this.preparation = preparation;
        this.conditions = conditions;
        this.prepare = prepare;
        this.offload = offload;
        Gauge.builder("pod.offload.binder.queue.depth", queue::depth)
                .description("Looks at VFs that are due or under way")
                .register(meters);
        FunctionCounter.builder("pod.offload.binder.looks", queue, WorkQueue::looks)
                .description("Looks at VFs")
                .register(meters);
        Gauge.builder("pod.offload.binder.queue.unsettled", queue::unsettled)
                .description("VFs that are not as they should be and are looked at again and again")
                .register(meters);
        Gauge.builder("pod.offload.binder.ovs.lag", () -> bridge.status().lag())
                .description("Changes of the configuration that ovs-vswitchd has not acted on yet")
                .register(meters);
        Gauge.builder("pod.offload.binder.resync.last.seconds", () -> lastResyncNanos / 1e9)
                .description("How long the last look at every VF took")
                .register(meters);
        FunctionCounter.builder(
                        "pod.offload.binder.ovsdb.connections",
                        bridge,
                        one -> one.status().sessions())
                .description("How often the binder connected to OVSDB; more than one is a reconnect")
                .register(meters);
    }

    private static ScheduledExecutorService thread(String name) {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    @Override
    public void start() {
        if (prepare.onStart()) {
            prepareNode();
        }
        running = true;
        events.every(SECOND_MILLIS, "cannot follow events", eventsFollowed::show);
        watchdog.watch("events", eventsFollowed::age, Cure.RESTART);
        watchdog.watch("looks at VFs", queue::longestLook, Cure.RESTART);
        watchdog.watch("looks at pods", podQueue::longestLook, Cure.RESTART);
        watchdog.watch("watch of pods", pods.watching()::silentFor, Cure.ITSELF);
        watchdog.watch("client's watch of pods", pods.watching()::endedFor, Cure.RESTART);
        watchdog.watch("watch of the Node", node.watching()::silentFor, Cure.ITSELF);
        watchdog.watch("client's watch of the Node", node.watching()::endedFor, Cure.RESTART);
        watchdog.watch("Open vSwitch", bridge::silentFor, Cure.ITSELF);
        events.every(SECOND_MILLIS, "cannot see whether pods are watched", pods.watching()::notice);
        events.every(SECOND_MILLIS, "cannot see whether the Node is watched", node.watching()::notice);
        var unused = pods.start()
                .thenCombine(node.start(), (podsListed, nodeRead) -> podsListed)
                .thenRun(() -> events.untilDone("waiting for the first look at this node's VFs", this::lookFirst));
    }

    /** What it could not do the log says, and the Node's condition; there are VFs to look after all the same. */
    private void prepareNode() {
        try {
            preparation.prepareUnlessPaused();
        } catch (RuntimeException e) {
            LOG.error("the node is not prepared: {}", e.getMessage(), e);
        }
    }

    /** Reads every VF once before anything is changed; a source that is down delays it. */
    private void lookFirst() {
        managed.refresh();
        watch.vfs().forEach(this::lookFirstAt);
        LinkMonitor links = new LinkMonitor(events::linkChanged, events::inDoubt);
        SandboxWatch runtime = new SandboxWatch(criChannel, sandboxes, events::sandboxChanged, events::inDoubt);
        linkMonitor = links;
        sandboxWatch = runtime;
        watchdog.watch("link events", links::silentFor, Cure.RESTART);
        watchdog.watch("events of the container runtime", runtime::silentFor, Cure.ITSELF);
        watchdog.watch("look at every VF", resynced::age, Cure.ITSELF);
        events.followWith(watch, this::resync);
        events.every(properties.resync().toMillis(), "cannot ask for a look at every VF", events::inDoubt);
        Periodic reporting = new Periodic(reports, LOG);
        reporting.every(
                REPORT_MILLIS,
                "cannot write the report of this node, trying again",
                () -> report.write(contents.now(managed.capacity())));
        new Periodic(proof, LOG)
                .every(properties.proof().toMillis(), "where the pods' packets run cannot be seen", offload::look);
        new Periodic(offers, LOG)
                .every(OFFER_MILLIS, "what the kubelet offers to pods cannot be seen", this::askForOffer);
        if (preparation.isAsked()) {
            reporting.every(
                    properties.resync().toMillis(),
                    "cannot tell whether the node is still prepared",
                    this::watchPreparation);
        }
        LOG.info("looking after the VFs of node {}", properties.nodeName());
    }

    /** A VF that cannot be looked at, whatever it is, keeps no other from being looked after; it is looked at again and again. */
    private void lookFirstAt(PciAddress vf) {
        eventsFollowed.show(); // many VFs, and a runtime that takes its time
        try {
            reconciler.look(vf);
        } catch (RuntimeException e) {
            if (e instanceof Outage) {
                throw e;
            }
            LOG.warn("cannot look at VF {}, going on with the others: {}", vf, e.getMessage(), e);
        }
    }

    /** What changed since the node was prepared is told and not repaired: pods may use it as it is. */
    private void watchPreparation() {
        Preparedness found = preparation.preparedness();
        conditions.report(
                "pod-offload.io/prepared",
                found.state() == Preparedness.State.Prepared,
                found.state().name(),
                found.message());
    }

    /** A device plugin may come after the binder, and offer other VFs than before. */
    private void askForOffer() {
        managed.refresh().forEach(queue::look);
    }

    private void resync() {
        long begin = System.nanoTime();
        watch.resync();
        queue.whenDone(() -> {
            lastResyncNanos = System.nanoTime() - begin;
            resynced.show();
        });
    }

    /** Whether every VF has been looked at, so that the binder acts on what it sees. */
    boolean isLooking() {
        return running && events.areFollowed();
    }

    @Override
    public void stop() {
        running = false;
        events.close();
        proof.shutdownNow();
        reports.shutdownNow();
        offers.shutdownNow();
        LinkMonitor links = linkMonitor;
        if (links != null) {
            links.close();
        }
        SandboxWatch runtime = sandboxWatch;
        if (runtime != null) {
            runtime.close();
        }
        queue.close();
        pods.close();
        node.close();
        bridge.close();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
