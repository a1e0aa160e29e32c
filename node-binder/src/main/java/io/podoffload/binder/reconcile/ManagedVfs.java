package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.AllocationSource;
import io.podoffload.binder.binding.AllocationSource.Offer;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.NicTopology;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The VFs that the kubelet has for pods. The binder changes no other VF, unless it recorded on the host that it has to put it back:
 * the host, another resource's pods or another tool may use it. VFs that the settings exclude it does not change at all.
 */
public final class ManagedVfs {

    private final AllocationSource source;
    private final Set<String> excluded;
    private final Function<PciAddress, Optional<NicTopology.Vf>> place;

    /** Where VFs were last seen: a PF that is reset is excluded all the same. */
    private final Map<PciAddress, NicTopology.Vf> places = new ConcurrentHashMap<>();

    private volatile Offer offer = new Offer(Map.of(), Set.of());

    /** A device plugin that begins anew offers nothing for a moment, so that the last offer of anything counts meanwhile. */
    private volatile Set<PciAddress> offered = Set.of();

    /**
     * Begins with no offer.
     *
     * @param excluded PCI addresses of VFs or PFs, and netdevs of PFs
     * @param place where a VF is in its NIC, if that is known
     */
    public ManagedVfs(
            AllocationSource source, Set<String> excluded, Function<PciAddress, Optional<NicTopology.Vf>> place) {
        this.source = source;
        this.excluded = Set.copyOf(excluded);
        this.place = place;
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

    /** Whether the settings exclude the VF or its PF. */
    boolean excludes(PciAddress pci) {
        if (excluded.isEmpty()) {
            return false;
        }
        place.apply(pci).ifPresent(vf -> places.put(pci, vf));
        NicTopology.Vf vf = places.get(pci);
        return excluded.contains(pci.value())
                || (vf != null && (excluded.contains(vf.pf().value()) || excluded.contains(vf.uplink())));
    }

    /** How many devices of each resource the kubelet has, as of the last {@link #refresh}. */
    public Map<String, Integer> capacity() {
        return offer.capacity();
    }
}
