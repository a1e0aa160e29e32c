package io.podoffload.binder.reconcile;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.OffloadReporter;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.offload.Flow;
import io.podoffload.binder.offload.FlowSample;
import io.podoffload.binder.offload.OffloadVerdict;
import io.podoffload.binder.offload.TimedSample;
import io.podoffload.binder.offload.Traffic;
import io.podoffload.binder.outage.Dependency;
import io.podoffload.binder.ovs.OvsdbException;
import io.podoffload.binder.ovs.Unixctl;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sees by the flows of Open vSwitch, again and again, where the packets of each bound pod run. A verdict that contradicts the one
 * before must be found twice; an idle pod keeps its last one.
 */
public final class OffloadWatch {

    /** How many shares are kept of each pod, for the plot. */
    private static final int HISTORY = 60;

    private static final double NO_PACKET = -1;

    private final VfStates states;
    private final VfInventory inventory;
    private final NodePods pods;
    private final Unixctl vswitchd;
    private final Dependency switchDaemon = new Dependency(
            "ovs-vswitchd", "Where the packets of bound pods run is not seen meanwhile, and no port is opened.");
    private final OffloadReporter reporter;
    private final MeterRegistry meters;

    /** Sentences on what keeps flows out of the NIC; reads the whole node. */
    private final Supplier<List<String>> causes;

    /** Those of this look: many pods may leave the NIC at once, and for one cause. */
    private @Nullable String why;

    private final Map<String, OffloadedPod> byUid = new ConcurrentHashMap<>();
    private final Map<String, Verdicts> verdicts = new HashMap<>(); // used by one look at a time
    private final Deque<Double> shares = new ConcurrentLinkedDeque<>();
    private volatile @Nullable TimedSample before;
    private volatile Map<Flow.Path, Integer> flows = Map.of();
    private volatile int malformed;

    /** What was found of a pod last, and before. */
    private static final class Verdicts {
        private @Nullable OffloadVerdict told;
        private @Nullable OffloadVerdict doubt;
        private final Deque<Double> shares = new ArrayDeque<>();
    }

    /**
     * What is known of a bound pod.
     *
     * @param share of its packets in the NIC within the last look that saw any, 0 to 1
     * @param shares of the last looks, the newest last; negative where there was no packet
     */
    public record OffloadedPod(
            String pod, String pci, String representor, OffloadVerdict verdict, double share, List<Double> shares) {}

    public OffloadWatch(
            VfStates states,
            VfInventory inventory,
            NodePods pods,
            Unixctl vswitchd,
            OffloadReporter reporter,
            MeterRegistry meters,
            Supplier<List<String>> causes) {
        this.states = states;
        this.inventory = inventory;
        this.pods = pods;
        this.vswitchd = vswitchd;
        this.reporter = reporter;
        this.meters = meters;
        this.causes = causes;
        for (Flow.Path path : Flow.Path.values()) {
            Gauge.builder("pod.offload.binder.flows", () -> flows.getOrDefault(path, 0))
                    .description("Flows of Open vSwitch on this node by who forwards their packets")
                    .tag("path", label(path))
                    .register(meters);
        }
        Gauge.builder("pod.offload.binder.flows.malformed", () -> malformed)
                .description("Lines of the last dump of flows that could not be read")
                .register(meters);
    }

    private static String label(Flow.Path path) {
        return path.name().toLowerCase(java.util.Locale.ROOT);
    }

    /** All bound pods, by their VFs' addresses. */
    public List<OffloadedPod> all() {
        return byUid.values().stream()
                .sorted(java.util.Comparator.comparing(OffloadedPod::pci))
                .toList();
    }

    private record Bound(PodRef pod, PciAddress pci, String representor) {}

    /** Takes a sample, and judges by it and the one before. */
    public void look() {
        why = null;
        List<Bound> bound = bound();
        Set<String> uids = bound.stream().map(one -> one.pod().uid()).collect(Collectors.toSet());
        forgetAllBut(uids);
        if (bound.isEmpty()) {
            before = null; // so that a node without pods asks nothing of ovs-vswitchd
            shares.clear();
            return;
        }
        FlowSample sample = sample(bound.stream().map(Bound::representor).collect(Collectors.toSet()));
        flows = sample.counts();
        malformed = sample.malformed();
        TimedSample earlier = before;
        before = new TimedSample(sample, System.nanoTime());
        if (earlier == null) {
            return;
        }
        double inHardware = 0;
        long packets = 0;
        for (Bound one : bound) {
            Traffic traffic = sample.since(earlier.flows(), one.representor());
            judge(one, traffic);
            inHardware += traffic.share() * traffic.packets();
            packets += traffic.packets();
        }
        keep(packets == 0 ? NO_PACKET : inHardware / packets, shares);
    }

    /** What the next look counts from; empty before the first one and while no pod is bound. */
    public Optional<TimedSample> lastSample() {
        return Optional.ofNullable(before);
    }

    private static void keep(double share, Deque<Double> history) {
        history.addLast(share);
        if (history.size() > HISTORY) {
            history.removeFirst();
        }
    }

    /** Share of all bound pods' packets in the NIC at the last looks, the newest last; negative where there was no packet. */
    public List<Double> shares() {
        return List.copyOf(shares);
    }

    private FlowSample sample(Set<String> representors) {
        FlowSample sample = new FlowSample(representors);
        try {
            vswitchd.dumpFlows(sample::add);
        } catch (OvsdbException.Disconnected e) {
            switchDaemon.away(String.valueOf(e.getMessage()), e);
            throw e;
        }
        switchDaemon.answered();
        return sample;
    }

    private List<Bound> bound() {
        return states.all().stream()
                .filter(state -> state.reason().binds())
                .flatMap(state -> Optional.ofNullable(state.podUid())
                        .flatMap(pods::findByUid)
                        .map(PodView::ref)
                        .flatMap(pod -> inventory
                                .find(new PciAddress(state.pci()))
                                .map(entry -> new Bound(
                                        pod,
                                        new PciAddress(state.pci()),
                                        entry.vf().representor())))
                        .stream())
                .toList();
    }

    private void judge(Bound one, Traffic traffic) {
        count(one.pod(), traffic);
        Verdicts known = verdicts.computeIfAbsent(one.pod().uid(), uid -> new Verdicts());
        OffloadVerdict found = OffloadVerdict.of(traffic);
        keep(traffic.isNone() ? NO_PACKET : traffic.share(), known.shares);
        boolean idle = found == OffloadVerdict.NoTraffic && known.told != null;
        boolean contradicts = known.told != null && known.told != OffloadVerdict.NoTraffic && found != known.told;
        if (!idle && (!contradicts || found == known.doubt)) {
            known.told = found;
            reporter.report(one.pod(), found, () -> detail(one, found, traffic));
        }
        if (!idle) {
            known.doubt = found;
        }
        double share = known.shares.stream()
                .filter(value -> value >= 0)
                .reduce((earlier, later) -> later)
                .orElse(0.0);
        byUid.put(
                one.pod().uid(),
                new OffloadedPod(
                        one.pod().toString(),
                        one.pci().value(),
                        one.representor(),
                        known.told == null ? OffloadVerdict.NoTraffic : known.told,
                        share,
                        List.copyOf(known.shares)));
    }

    private String detail(Bound one, OffloadVerdict found, Traffic traffic) {
        if (found == OffloadVerdict.NoTraffic) {
            return "";
        }
        String share = "%.0f %% of its packets through %s were in the NIC."
                .formatted(traffic.share() * 100, one.representor());
        if (found == OffloadVerdict.Offloaded) {
            return share;
        }
        String cause = why();
        return share + " "
                + (cause.isEmpty() ? "No cause was found on this node; see explain " + one.pod() + "." : cause);
    }

    private String why() {
        String known = why;
        if (known == null) {
            known = String.join(" ", causes.get());
            why = known;
        }
        return known;
    }

    /** As many series as there are bound pods on the node, so never more than it has VFs. */
    private void count(PodRef pod, Traffic traffic) {
        for (Flow.Path path : List.of(Flow.Path.HARDWARE, Flow.Path.SOFTWARE)) {
            boolean hardware = path == Flow.Path.HARDWARE;
            Tags tags = Tags.of("namespace", pod.namespace(), "pod", pod.name(), "uid", pod.uid(), "path", label(path));
            counter("packets", tags)
                    .increment(
                            hardware
                                    ? traffic.fromPod().hardwarePackets()
                                            + traffic.toPod().hardwarePackets()
                                    : traffic.fromPod().softwarePackets()
                                            + traffic.toPod().softwarePackets());
            counter("bytes", tags)
                    .increment(
                            hardware
                                    ? traffic.fromPod().hardwareBytes()
                                            + traffic.toPod().hardwareBytes()
                                    : traffic.fromPod().softwareBytes()
                                            + traffic.toPod().softwareBytes());
        }
    }

    private Counter counter(String what, Tags tags) {
        return Counter.builder("pod.offload.binder.pod." + what)
                .description("What bound pods sent and received, by who forwarded it")
                .tags(tags)
                .register(meters);
    }

    private void forgetAllBut(Set<String> uids) {
        verdicts.keySet().retainAll(uids);
        byUid.keySet().retainAll(uids);
        meters.getMeters().stream()
                .filter(meter -> meter.getId().getName().startsWith("pod.offload.binder.pod."))
                .filter(meter -> !uids.contains(String.valueOf(meter.getId().getTag("uid"))))
                .forEach(meters::remove);
    }
}
