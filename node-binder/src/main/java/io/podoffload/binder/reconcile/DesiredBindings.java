package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Desired;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodNetwork;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.Port;
import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.binding.Sandbox;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.kube.UnreadableAnnotation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what a VF is for: from the kubelet, the API server and the container runtime. It changes nothing. */
public final class DesiredBindings {

    private final AllottedVfs allotted;
    private final Sandboxes sandboxes;
    private final NodeObserver observer;
    private final PodNetworks networks;

    public DesiredBindings(AllottedVfs allotted, Sandboxes sandboxes, NodeObserver observer, PodNetworks networks) {
        this.allotted = allotted;
        this.sandboxes = sandboxes;
        this.observer = observer;
        this.networks = networks;
    }

    /**
     * What the VF is for.
     *
     * @param vfsOfThePod all VFs of the pod that it is for
     * @param promised whether the pod was to get its VF from pod-offload, so that it is told what became of that
     */
    record Purpose(Desired desired, List<PciAddress> vfsOfThePod, boolean promised) {}

    Purpose of(PciAddress pci, Sandboxes.Look look) {
        return allotted.holder(pci)
                .map(pod -> readableOf(pci, pod, look))
                .orElseGet(() -> new Purpose(new Desired.Nothing(), List.of(), false));
    }

    /** Asks the kubelet whether it has allotted the VF to a pod, of which nothing else may be known yet. */
    boolean isAllotted(PciAddress pci) {
        return allotted.isAllotted(pci);
    }

    private Purpose readableOf(PciAddress pci, PodView pod, Sandboxes.Look look) {
        try {
            return of(pci, pod, look);
        } catch (UnreadableAnnotation e) {
            return pending(pod, Reason.BadAnnotation, String.valueOf(e.getMessage()), allotted.of(pod));
        }
    }

    private Purpose of(PciAddress pci, PodView pod, Sandboxes.Look look) {
        PodRef ref = pod.ref();
        if (pod.isOnHostNetwork()) {
            return new Purpose(new Desired.Spare(ref), allotted.of(pod), false);
        }
        if (pod.isStatic()) {
            return pending(pod, Reason.StaticPod, "VF " + pci, allotted.of(pod));
        }
        Optional<Sandbox> sandbox = look.ofPod(ref.podName()).newestReady(ref.uid());
        if (sandbox.isEmpty()) {
            return pending(pod, Reason.WaitingForSandbox, "VF " + pci, allotted.of(pod));
        }
        List<PciAddress> vfs = allotted.confirmed(pod);
        if (!vfs.contains(pci)) {
            return new Purpose(new Desired.Nothing(), List.of(), false); // it was an earlier pod's of the same name
        }
        Optional<String> netns = sandboxes.netns(sandbox.get().id());
        if (netns.isEmpty()) {
            return pending(
                    pod,
                    Reason.WaitingForSandbox,
                    "VF " + pci + ": the container runtime does not say which network namespace sandbox "
                            + sandbox.get().id() + " has",
                    vfs);
        }
        Optional<String> defaultProvider = pod.defaultProvider();
        if (defaultProvider.isEmpty()) {
            return withoutDefaultNetwork(pci, pod, sandbox.get().id(), netns.get(), vfs);
        }
        if (vfs.size() == 1) {
            return of(pci, pod, sandbox.get().id(), netns.get(), defaultProvider.get(), vfs);
        }
        if (!pod.servedProviders().contains(defaultProvider.get())) {
            // kube-ovn-controller writes of all networks at once; before, none seems to need a VF
            return pending(pod, Reason.WaitingForAddress, "network provider " + defaultProvider.get(), vfs);
        }
        return severalVfs(pci, pod, sandbox.get().id(), netns.get(), vfs);
    }

    /** A pod that uses the VF for its second network only: what the CNI bound for it is known by its row, or by the CNI's report. */
    private Purpose withoutDefaultNetwork(
            PciAddress pci, PodView pod, String sandboxId, String netns, List<PciAddress> vfs) {
        Optional<String> provider = learned(pci, pod, netns).filter(pod.servedProviders()::contains);
        if (provider.isPresent()) {
            return of(pci, pod, sandboxId, netns, provider.get(), vfs);
        }
        return pending(pod, isPromised(pod) ? Reason.NoNetwork : Reason.OtherNetwork, "VF " + pci, vfs);
    }

    private static boolean isPromised(PodView pod) {
        return pod.optsIn() || pod.waitsForBinding() || pod.namesDefaultNetwork();
    }

    /** The network of a VF is learned from its row, else from network-status, else from being the only one left. */
    private Purpose severalVfs(PciAddress pci, PodView pod, String sandboxId, String netns, List<PciAddress> vfs) {
        List<String> openProviders = new ArrayList<>(pod.servedProviders());
        List<PciAddress> openVfs = new ArrayList<>();
        Optional<String> own = Optional.empty();
        for (PciAddress vf : vfs) {
            Optional<String> provider = learned(vf, pod, netns);
            if (provider.isPresent()) {
                openProviders.remove(provider.get());
            } else {
                openVfs.add(vf);
            }
            if (vf.equals(pci)) {
                own = provider;
            }
        }
        if (own.isPresent()) {
            return of(pci, pod, sandboxId, netns, own.get(), vfs);
        }
        if (openProviders.isEmpty()) {
            return new Purpose(new Desired.Spare(pod.ref()), vfs, isPromised(pod));
        }
        return openProviders.size() == 1 && openVfs.size() == 1
                ? of(pci, pod, sandboxId, netns, openProviders.get(0), vfs)
                : pending(pod, Reason.Ambiguous, vfs.size() + " VFs, networks " + openProviders, vfs);
    }

    /** By its row, else by the CNI's report, else by the row that it had in this sandbox and lost. */
    private Optional<String> learned(PciAddress vf, PodView pod, String netns) {
        return ofRow(observer.row(vf), pod)
                .or(() -> pod.reportedProvider(vf))
                .or(() -> ofRow(observer.lostRow(vf, netns), pod));
    }

    private static Optional<String> ofRow(Optional<Port> row, PodView pod) {
        return row.flatMap(Port::ifaceId)
                .flatMap(ifaceId -> pod.servedProviders().stream()
                        .filter(provider -> pod.ifaceId(provider).equals(ifaceId))
                        .findFirst());
    }

    private Purpose of(
            PciAddress pci, PodView pod, String sandboxId, String netns, String provider, List<PciAddress> vfs) {
        Optional<String> machine = pod.virtualMachine(provider);
        if (machine.isPresent()) {
            return new Purpose(
                    new Desired.Machine(pod.ref(), netns, pod.ifaceId(provider), machine.get()), vfs, isPromised(pod));
        }
        Optional<PodNetwork> network = pod.network(provider);
        if (network.isEmpty()) {
            return pending(pod, Reason.WaitingForAddress, "network provider " + provider, vfs);
        }
        Optional<PodNetwork> complete = isBound(pci, pod, netns)
                ? network // what it was bound with is on the row
                : networks.complete(pci, pod, provider, network.get());
        if (complete.isEmpty()) {
            return pending(
                    pod,
                    Reason.WaitingForSubnet,
                    "VF " + pci + ": Subnet " + pod.subnet(provider).orElse(""),
                    vfs);
        }
        return new Purpose(
                new Desired.Binding(
                        pod.ref(), sandboxId, netns, complete.get(), pod.interfaceName(), pod.reportsInterfaceOn(pci)),
                vfs,
                isPromised(pod));
    }

    /** Whether the representor's row is of this pod, or of the CNI for this sandbox. */
    private boolean isBound(PciAddress pci, PodView pod, String netns) {
        return observer.row(pci)
                .filter(row -> row.isOf(pod.ref().uid()) || row.isFor(netns))
                .isPresent();
    }

    private static Purpose pending(PodView pod, Reason reason, String detail, List<PciAddress> vfs) {
        return new Purpose(new Desired.Pending(pod.ref(), reason, detail), vfs, isPromised(pod));
    }
}
