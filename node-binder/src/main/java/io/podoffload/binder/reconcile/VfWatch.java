package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.OwnerMark;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.kubelet.PodResources;
import io.podoffload.binder.ovs.IntegrationBridge;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which VF an event is about. Events say only where to look again; what is true is read by the reconciler, so a
 * VF too many does no harm, and a VF too few is found by the next resync.
 */
public final class VfWatch {

    private static final Logger LOG = LoggerFactory.getLogger(VfWatch.class);

    private final NicTopology topology;
    private final PodResources kubelet;
    private final IntegrationBridge bridge;
    private final NodeObserver observer;
    private final Consumer<PciAddress> look;
    private final Runnable lookAtUnsettled;

    /** VFs by the names of their representors, which a CNI may change. */
    private final Map<String, PciAddress> representors = new ConcurrentHashMap<>();

    public VfWatch(
            NicTopology topology,
            PodResources kubelet,
            IntegrationBridge bridge,
            NodeObserver observer,
            Consumer<PciAddress> look,
            Runnable lookAtUnsettled) {
        this.topology = topology;
        this.kubelet = kubelet;
        this.bridge = bridge;
        this.observer = observer;
        this.look = look;
        this.lookAtUnsettled = lookAtUnsettled;
    }

    /** Looks at every VF of the node. */
    public void resync() {
        vfs().forEach(look);
    }

    /** Every VF of the node: those with a representor, and those that the kubelet allotted. */
    public Set<PciAddress> vfs() {
        readTopology();
        Set<PciAddress> all = new HashSet<>(representors.values());
        kubelet.allotments().forEach(allotment -> all.add(allotment.pci()));
        return all;
    }

    /** A pod appeared, changed or went: the VFs that the kubelet allotted to it, and those marked with its uid. */
    public void podChanged(PodView pod) {
        String uid = pod.ref().uid();
        Set<PciAddress> vfs = new HashSet<>();
        kubelet.allotments().stream()
                .filter(allotment -> allotment.namespace().equals(pod.ref().namespace())
                        && allotment.pod().equals(pod.ref().name()))
                .forEach(allotment -> vfs.add(allotment.pci()));
        bridge.withExternalId(OwnerMark.POD_UID, uid).stream()
                .map(row -> row.externalIds().getOrDefault(OwnerMark.PCI, ""))
                .filter(PciAddress::isPciAddress)
                .map(PciAddress::new)
                .forEach(vfs::add);
        vfs.forEach(look);
    }

    /** The row of an interface changed. */
    public void portChanged(String name) {
        byRepresentor(name).ifPresent(look);
    }

    /** A link appeared, changed or went. */
    public void linkChanged(Link link) {
        Optional<PciAddress> vf = link.parentDevice()
                .filter(PciAddress::isPciAddress)
                .map(PciAddress::new)
                .or(() -> OwnerMark.readAlias(link.alias()).map(OwnerMark::pci))
                .or(() -> observer.lastFreeAs(link.alias()))
                .or(() -> byRepresentor(link.name()));
        vf.ifPresentOrElse(look, lookAtUnsettled);
    }

    private Optional<PciAddress> byRepresentor(String name) {
        PciAddress known = representors.get(name);
        if (known == null) {
            readTopology();
            known = representors.get(name);
        }
        return Optional.ofNullable(known);
    }

    private synchronized void readTopology() {
        Map<String, PciAddress> now = new ConcurrentHashMap<>();
        topology.vfs().forEach(vf -> now.put(vf.representor(), vf.pci()));
        if (!now.equals(representors)) {
            representors.keySet().retainAll(now.keySet());
            representors.putAll(now);
            LOG.debug("VFs by representor: {}", representors);
        }
    }
}
