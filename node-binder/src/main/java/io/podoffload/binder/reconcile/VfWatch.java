package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.OwnerMark;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.Port;
import io.podoffload.binder.binding.Sandbox;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.ovs.IntegrationBridge;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Finds out which VF or pod an event is about, and asks nobody: the kubelet, the runtime and the API server may take their time, and
 * the next event must not wait. Events say only where to look; what is true is read by the reconcilers, so a VF too many does no harm,
 * and a VF too few is found by the next resync.
 */
public final class VfWatch {

    private final VfInventory inventory;
    private final AllottedVfs allotted;
    private final NodePods pods;
    private final Sandboxes sandboxes;
    private final IntegrationBridge bridge;
    private final NodeObserver observer;
    private final PodReconciler podReconciler;
    private final Consumer<String> lookAtPod;
    private final UnservedPods unserved;
    private final VfStates states;
    private final Consumer<PciAddress> look;
    private final Consumer<PciAddress> lookUnlessQuiet;

    public VfWatch(
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
        this.inventory = inventory;
        this.allotted = allotted;
        this.pods = pods;
        this.sandboxes = sandboxes;
        this.bridge = bridge;
        this.observer = observer;
        this.unserved = unserved;
        this.states = states;
        this.podReconciler = podReconciler;
        this.lookAtPod = podQueue::look;
        this.look = queue::look;
        this.lookUnlessQuiet = queue::lookUnlessQuiet;
    }

    /** Looks at every VF of the node, and at every pod that was promised one. It asks the kubelet and the runtime for their lists. */
    public void resync() {
        Runnable sandboxesListed = sandboxes.prefetch();
        Set<PciAddress> all = vfs();
        states.retain(all);
        try {
            sandboxesListed.run();
        } finally {
            all.forEach(look); // each asks for what it needs itself if the list failed
        }
        pods.optedIn().forEach(pod -> lookAtPod.accept(pod.ref().uid()));
    }

    /** Every VF of the node: those with a representor, those that the kubelet allotted, and those that rows still name. */
    public Set<PciAddress> vfs() {
        inventory.refresh();
        Set<PciAddress> all = new HashSet<>(inventory.all());
        all.addAll(allotted.refresh());
        bridge.interfaces().forEach(row -> markedVf(row).ifPresent(all::add));
        return all;
    }

    /** A pod appeared or changed. */
    public void podChanged(PodView pod) {
        Set<PciAddress> vfs = marked(pod.ref().uid());
        vfs.addAll(allotted.known(pod));
        vfs.forEach(look);
        lookAtPod.accept(pod.ref().uid());
    }

    /** A pod is gone from the API. */
    public void podGone(PodView pod) {
        Set<PciAddress> vfs = marked(pod.ref().uid());
        vfs.addAll(allotted.forget(pod));
        unserved.forget(pod);
        podReconciler.forget(pod.ref().uid());
        vfs.forEach(look);
    }

    /**
     * The container runtime did something for a pod, of which the API server may not know yet, or no longer. What the look that follows
     * needs is on its way from the runtime meanwhile.
     */
    public void sandboxChanged(Sandbox sandbox) {
        sandboxes.forget(sandbox.pod());
        String uid = sandbox.pod().uid();
        Optional<PodView> known = pods.findByUid(uid);
        if (known.isEmpty()) {
            Set<PciAddress> vfs = marked(uid);
            if (!vfs.isEmpty()) {
                sandboxes.prefetch(uid);
            }
            vfs.forEach(look);
            return;
        }
        if (pods.isHolder(known.get())) {
            sandboxes.prefetch(sandbox.pod().podName());
            if (sandbox.ready()) {
                sandboxes.prefetchNetns(sandbox.id());
                podReconciler.isRunning(uid);
            }
        }
        podChanged(known.get());
    }

    private Set<PciAddress> marked(String podUid) {
        Set<PciAddress> vfs = new HashSet<>();
        bridge.withExternalId(OwnerMark.POD_UID, podUid)
                .forEach(row -> markedVf(row).ifPresent(vfs::add));
        return vfs;
    }

    private static Optional<PciAddress> markedVf(Port row) {
        return Optional.ofNullable(row.externalIds().get(OwnerMark.PCI))
                .filter(PciAddress::isPciAddress)
                .map(PciAddress::new);
    }

    /** The row of an interface changed or went. */
    public void portChanged(Port row) {
        inventory
                .representedBy(row.name())
                .or(() -> markedVf(row))
                .ifPresent(row.installedByOvn() ? look : lookUnlessQuiet);
        observer.waitingFor(row.name()).ifPresent(look);
    }

    /** What a look at the VF had to wait for is known now. */
    public void subnetRead(PciAddress vf) {
        look.accept(vf);
    }

    /** A link appeared, changed or went. */
    public void linkChanged(Link link) {
        Optional<PciAddress> represented = inventory.representedBy(link);
        if (represented.isPresent()) {
            if (!inventory.representedBy(link.name()).equals(represented)) {
                inventory.refresh(); // renamed: its row bears the new name
            }
            lookUnlessQuiet.accept(represented.get());
            return;
        }
        Optional<PciAddress> vf = link.parentDevice()
                .filter(PciAddress::isPciAddress)
                .map(PciAddress::new)
                .or(() -> OwnerMark.markedVf(link.alias()))
                .or(() -> observer.called(link.alias()))
                .or(() -> observer.withIndex(link.index()));
        if (vf.isPresent() && !inventory.isPf(vf.get().value())) {
            lookUnlessQuiet.accept(vf.get());
        } else if (vf.isPresent()) {
            if (!inventory.isUplink(link)) {
                inventory.refresh().forEach(look); // a representor that is new, and with it its VF
            }
        } else {
            observer.away().forEach(lookUnlessQuiet);
        }
    }
}
