package io.podoffload.binder.examine;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.podoffload.binder.binding.AllocationSource;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.kube.BindingReporter;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.kube.WatchedPod;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.nic.TcOffload;
import io.podoffload.binder.nic.VirtualFunction;
import io.podoffload.binder.offload.FlowSample;
import io.podoffload.binder.offload.OffloadVerdict;
import io.podoffload.binder.offload.TimedSample;
import io.podoffload.binder.offload.Traffic;
import io.podoffload.binder.ovs.OvsConfiguration;
import io.podoffload.binder.ovs.Unixctl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Follows one pod of this node from its admission to its flows, hop by hop. Changes nothing. */
public final class PodExamination {

    private static final String ADMISSION = "admission";
    private static final String ALLOCATION = "allocation";
    private static final String CNI = "CNI";
    private static final String VF = "VF";
    private static final String REPRESENTOR = "representor";
    private static final String PORT = "OVS port";
    private static final String OVN = "OVN";
    private static final String FLOWS = "flows";

    /** Flows that come and go within a longer time would be missed. */
    private static final Duration LONGEST_WATCH = Duration.ofSeconds(30);

    private static final String STILL_IN_SOFTWARE =
            "See what is found below. Where nothing is: ovs-vswitchd may not know"
                    + " that the representor was replaced or got hw-tc-offload; restart it (the pod ovs-ovn of this node).";

    private final KubernetesClient client;
    private final AllocationSource kubelet;
    private final NicTopology topology;
    private final NicControl nics;
    private final Supplier<Optional<OvsConfiguration>> openVSwitch;
    private final Unixctl vswitchd;
    private final Supplier<Optional<TimedSample>> lastSample;
    private final Duration shortestWatch;
    private final String node;
    private final Set<String> resources;

    /**
     * @param lastSample flows as somebody else last read them, so that nothing has to be waited for
     * @param shortestWatch how far apart two samples are at least; without a sample of late, this is how long it takes
     */
    public PodExamination(
            KubernetesClient client,
            AllocationSource kubelet,
            NicTopology topology,
            NicControl nics,
            Supplier<Optional<OvsConfiguration>> openVSwitch,
            Unixctl vswitchd,
            Supplier<Optional<TimedSample>> lastSample,
            Duration shortestWatch,
            String node,
            Set<String> resources) {
        this.client = client;
        this.kubelet = kubelet;
        this.topology = topology;
        this.nics = nics;
        this.openVSwitch = openVSwitch;
        this.vswitchd = vswitchd;
        this.lastSample = lastSample;
        this.shortestWatch = shortestWatch;
        this.node = node;
        this.resources = Set.copyOf(resources);
    }

    /** The chain of a pod. Packets before the last sample and after this one are not in it. */
    public List<Hop> examine(PodName pod) {
        List<Hop> hops = new ArrayList<>();
        // a list, since that is what the binder may do
        Optional<PodView> found = client
                .resources(WatchedPod.class)
                .inNamespace(pod.namespace())
                .withField("metadata.name", pod.name())
                .list()
                .getItems()
                .stream()
                .findFirst()
                .map(PodView::new);
        if (found.isEmpty()) {
            return List.of(Hop.breaks(ADMISSION, "there is no pod " + pod, "Check Namespace and name."));
        }
        PodView view = found.get();
        hops.add(admission(view));
        Optional<String> itsNode = view.node();
        if (itsNode.isEmpty()) {
            hops.add(Hop.breaks(
                    ALLOCATION,
                    "the pod is not scheduled to a node yet",
                    "See why: kubectl -n " + pod.namespace() + " describe pod " + pod.name()));
            return hops;
        }
        if (!itsNode.get().equals(node)) {
            hops.add(Hop.elsewhere(
                    ALLOCATION,
                    "the pod is on node " + itsNode.get() + ", and this is node " + node,
                    "Ask the node-binder of node " + itsNode.get()
                            + "; kubectl offload explain finds it. If this is that node,"
                            + " set pod-offload.node-name."));
            return hops;
        }
        List<PciAddress> vfs = kubelet.of(view.ref().podName());
        hops.add(allocation(view, vfs));
        hops.add(cni(view));
        for (PciAddress vf : vfs) {
            addHopsOf(vf, hops);
        }
        return hops;
    }

    private Hop admission(PodView view) {
        boolean named = view.namesDefaultNetwork();
        boolean asks = view.requestsAnyOf(resources);
        if (named && asks) {
            return Hop.holds(ADMISSION, "the pod names a default network and requests a VF");
        }
        String lacks = named
                ? "requests no VF"
                : asks ? "names no default network" : "names no default network and requests no VF";
        return view.optsIn()
                ? Hop.breaks(
                        ADMISSION,
                        "the pod has the label pod-offload.io/enabled, but " + lacks,
                        Reason.NotInjected.cure() + " If that does not help, see whether the webhook answers.")
                : Hop.breaks(
                        ADMISSION,
                        "the pod does not opt in, and " + lacks,
                        "Label it pod-offload.io/enabled=true, or its Namespace pod-offload.io/policy=always, and create it"
                                + " again.");
    }

    private Hop allocation(PodView view, List<PciAddress> vfs) {
        if (!vfs.isEmpty()) {
            return Hop.holds(ALLOCATION, "the kubelet allotted " + vfs);
        }
        Optional<String> end = view.end();
        if (end.isPresent()) {
            return Hop.breaks(
                    ALLOCATION, "the pod has ended, " + end.get(), "Create the pod again when a VF is free. " + room());
        }
        return Hop.breaks(ALLOCATION, "the kubelet allotted no VF to the pod", Reason.NoVf.cure() + " " + room());
    }

    /** How many VFs the node has for pods, and how many of them pods hold. */
    private String room() {
        Map<String, Integer> capacity = kubelet.offer().capacity();
        int offered = resources.stream()
                .mapToInt(resource -> capacity.getOrDefault(resource, 0))
                .sum();
        long held = kubelet.all().values().stream().mapToLong(List::size).sum();
        return "This node offers %d VFs, and pods hold %d.".formatted(offered, held);
    }

    /** What the binder found of it. */
    private static Hop cni(PodView view) {
        return view.condition(BindingReporter.CONDITION)
                .map(condition -> "True".equals(condition.getStatus())
                        ? Hop.holds(CNI, condition.getReason() + ": " + condition.getMessage())
                        : Hop.breaks(CNI, condition.getReason() + ": " + condition.getMessage(), ""))
                .orElse(Hop.unseen(
                        CNI,
                        view.finished()
                                ? "the pod ended before the binder saw a sandbox of it"
                                : "the binder has not reported the pod yet"));
    }

    private void addHopsOf(PciAddress pci, List<Hop> hops) {
        Optional<NicTopology.Vf> mapped = topology.vf(pci);
        if (mapped.isEmpty()) {
            String why = topology.whyUnmapped(pci)
                    .map(NicTopology.Unmapped::sentence)
                    .orElse("it is going");
            hops.add(Hop.breaks(VF, pci + ": " + why, Reason.NotAVf.cure()));
            return;
        }
        NicTopology.Vf vf = mapped.get();
        Optional<VirtualFunction> function = nics.pf(vf.pf()).vfs().stream()
                .filter(one -> one.pci().equals(pci))
                .findFirst();
        hops.add(vf(vf, function));
        hops.add(representor(vf, function));
        Optional<OvsConfiguration> ovs = openVSwitch.get();
        Optional<OvsConfiguration.Interface> row = ovs.stream()
                .flatMap(one -> one.interfaces().stream())
                .filter(one -> one.name().equals(vf.representor()))
                .findFirst();
        hops.add(port(vf, ovs, row));
        hops.add(ovn(row));
        hops.add(flows(vf.representor()));
    }

    private Hop vf(NicTopology.Vf vf, Optional<VirtualFunction> function) {
        String text = vf.pci() + " is VF " + vf.index() + " of PF " + vf.pf() + " (" + vf.uplink() + ")";
        return function.flatMap(VirtualFunction::netdev)
                .map(netdev -> Hop.breaks(
                        VF,
                        text + ", and its netdev " + netdev + " is on the host, not in the pod",
                        "See the hop CNI; the binder binds it when the pod's sandbox runs."))
                .orElse(Hop.holds(VF, text + ", and its netdev is in another namespace"));
    }

    private static Hop representor(NicTopology.Vf vf, Optional<VirtualFunction> function) {
        TcOffload offload = function.flatMap(VirtualFunction::representor)
                .map(netdev -> netdev.tcOffload())
                .orElse(TcOffload.UNAVAILABLE);
        return offload == TcOffload.ON
                ? Hop.holds(REPRESENTOR, vf.representor() + ", hw-tc-offload is on")
                : Hop.breaks(
                        REPRESENTOR,
                        "hw-tc-offload of " + vf.representor()
                                + (offload == TcOffload.OFF ? " is off" : " is not to be had"),
                        "ethtool -K " + vf.representor()
                                + " hw-tc-offload on, or nodePreparation with hwTcOffload: true.");
    }

    private static Hop port(
            NicTopology.Vf vf, Optional<OvsConfiguration> ovs, Optional<OvsConfiguration.Interface> row) {
        if (ovs.isEmpty()) {
            return Hop.breaks(PORT, "Open vSwitch does not run on this node", "See the pod ovs-ovn of this node.");
        }
        if (row.isEmpty()) {
            return Hop.breaks(
                    PORT, vf.representor() + " is no port of Open vSwitch", "See the hop CNI: the pod is not bound.");
        }
        OvsConfiguration.Interface found = row.get();
        return found.ofport() > 0
                ? Hop.holds(PORT, vf.representor() + " is port " + found.ofport() + " with iface-id " + found.ifaceId())
                : Hop.breaks(
                        PORT,
                        "ovs-vswitchd could not open " + vf.representor() + ": " + found.error(),
                        Reason.PortFailed.cure());
    }

    private static Hop ovn(Optional<OvsConfiguration.Interface> row) {
        if (row.isEmpty()) {
            return Hop.unseen(OVN, "there is no port");
        }
        return row.get().isOvnInstalled()
                ? Hop.holds(
                        OVN,
                        "ovn-controller has installed the flows of " + row.get().ifaceId())
                : Hop.breaks(
                        OVN, "ovn-controller has not installed " + row.get().ifaceId(), Reason.WaitingForOvn.cure());
    }

    private Hop flows(String representor) {
        try {
            TimedSample before = lastSample
                    .get()
                    .filter(sample -> sample.flows().covers(representor))
                    .filter(sample -> age(sample).compareTo(LONGEST_WATCH) < 0)
                    .orElseGet(() -> sample(representor));
            LockSupport.parkNanos(shortestWatch.minus(age(before)).toNanos());
            TimedSample after = sample(representor);
            Traffic traffic = after.flows().since(before.flows(), representor);
            OffloadVerdict verdict = OffloadVerdict.of(traffic);
            String text = String.format(
                    Locale.ROOT,
                    "%s: %d packets from and to the pod in %.1f s, %.0f %% of them in the NIC",
                    verdict,
                    traffic.packets(),
                    (after.nanos() - before.nanos()) / 1e9,
                    traffic.share() * 100);
            return switch (verdict) {
                case Offloaded -> Hop.holds(FLOWS, text);
                case NoTraffic -> Hop.unseen(FLOWS, text + "; let it send something");
                case PartlyOffloaded, NotOffloaded -> Hop.breaks(FLOWS, text, STILL_IN_SOFTWARE);
            };
        } catch (RuntimeException e) {
            return Hop.unseen(FLOWS, "ovs-vswitchd does not answer: " + e.getMessage());
        }
    }

    private static Duration age(TimedSample sample) {
        return Duration.ofNanos(System.nanoTime() - sample.nanos());
    }

    private TimedSample sample(String representor) {
        FlowSample sample = new FlowSample(Set.of(representor));
        vswitchd.dumpFlows(sample::add);
        return new TimedSample(sample, System.nanoTime());
    }
}
