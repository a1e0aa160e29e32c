package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.AllocationSource;
import io.podoffload.binder.binding.AllocationSource.Offer;
import io.podoffload.binder.binding.PciAddress;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The VFs that the kubelet has for pods. The binder changes no other VF, unless it recorded on the host that it has to put it back:
 * the host, another resource's pods or another tool may use it.
 */
public final class ManagedVfs {

    private final AllocationSource source;
    private volatile Offer offer = new Offer(Map.of(), Set.of());

    /** A device plugin that begins anew offers nothing for a moment, so that the last offer of anything counts meanwhile. */
    private volatile Set<PciAddress> offered = Set.of();

    public ManagedVfs(AllocationSource source) {
        this.source = source;
    }

    /**
     * Asks what is offered now.
     *
     * @return the VFs that are offered and were not, or were and are not any more
     */
    public synchronized Set<PciAddress> refresh() {
        offer = source.offer();
        if (offer.vfs().isEmpty() || offer.vfs().equals(offered)) {
            return Set.of();
        }
        Set<PciAddress> changed = new HashSet<>(offered);
        changed.addAll(offer.vfs());
        Set<PciAddress> both = new HashSet<>(offered);
        both.retainAll(offer.vfs());
        changed.removeAll(both);
        offered = offer.vfs();
        return changed;
    }

    boolean contains(PciAddress pci) {
        return offered.contains(pci);
    }

    /** How many devices of each resource the kubelet has, as of the last {@link #refresh}. */
    public Map<String, Integer> capacity() {
        return offer.capacity();
    }
}
