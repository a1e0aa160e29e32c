package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.NicTopology;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's VFs with the ifindexes of their representors and uplinks, which stay when a CNI renames them. Sysfs and devlink
 * are read only when something is not as it was.
 */
public final class VfInventory {

    private static final Logger LOG = LoggerFactory.getLogger(VfInventory.class);

    private final NicTopology topology;
    private final Links host;
    private volatile Contents contents = new Contents(Map.of(), Map.of(), Map.of());

    /** A VF, and the ifindexes of its representor and of its PF. */
    public record Entry(NicTopology.Vf vf, int representorIndex, int uplinkIndex) {}

    private record Contents(
            Map<PciAddress, Entry> byPci,
            Map<Integer, PciAddress> byRepresentorIndex,
            Map<String, PciAddress> byRepresentorName) {}

    public VfInventory(NicTopology topology, Links host) {
        this.topology = topology;
        this.host = host;
    }

    Optional<Entry> find(PciAddress pci) {
        Entry known = contents.byPci().get(pci);
        if (known == null) {
            refresh();
            known = contents.byPci().get(pci);
        }
        return Optional.ofNullable(known);
    }

    /** As of the last reading. */
    Optional<Entry> known(PciAddress pci) {
        return Optional.ofNullable(contents.byPci().get(pci));
    }

    /** Where the VF is in its NIC, as of the last reading. */
    public Optional<NicTopology.Vf> place(PciAddress pci) {
        return known(pci).map(Entry::vf);
    }

    /** Why {@link #find} finds nothing, for a person. */
    String whyUnmapped(PciAddress pci) {
        return topology.whyUnmapped(pci)
                .map(NicTopology.Unmapped::sentence)
                .orElse("its representor or its PF's netdev is going");
    }

    Collection<PciAddress> all() {
        return contents.byPci().keySet();
    }

    Optional<PciAddress> representedBy(Link link) {
        return Optional.ofNullable(contents.byRepresentorIndex().get(link.index()));
    }

    /** By the name as of the last reading; the row of a representor bears it. */
    Optional<PciAddress> representedBy(String name) {
        return Optional.ofNullable(contents.byRepresentorName().get(name));
    }

    /** Whether {@code pci} is the PF of one of the VFs. */
    boolean isPf(String pci) {
        return contents.byPci().values().stream()
                .anyMatch(entry -> entry.vf().pf().value().equals(pci));
    }

    /** Whether it is the netdev of a PF that is known already. */
    boolean isUplink(Link link) {
        return contents.byPci().values().stream().anyMatch(entry -> entry.uplinkIndex() == link.index());
    }

    /** @return the VFs that were not known before */
    synchronized Set<PciAddress> refresh() {
        Map<String, Integer> indexes = host.all().stream().collect(Collectors.toMap(Link::name, Link::index));
        List<Entry> entries = topology.vfs().stream()
                .filter(vf -> indexes.containsKey(vf.representor()) && indexes.containsKey(vf.uplink()))
                .map(vf ->
                        new Entry(vf, indexes.getOrDefault(vf.representor(), 0), indexes.getOrDefault(vf.uplink(), 0)))
                .toList();
        Contents before = contents;
        contents = new Contents(
                by(entries, entry -> entry.vf().pci(), Function.identity()),
                by(entries, Entry::representorIndex, entry -> entry.vf().pci()),
                by(
                        entries,
                        entry -> entry.vf().representor(),
                        entry -> entry.vf().pci()));
        if (!before.byPci().equals(contents.byPci())) {
            LOG.debug("VFs of this node: {}", contents.byPci().values());
        }
        Set<PciAddress> added = new HashSet<>(contents.byPci().keySet());
        added.removeAll(before.byPci().keySet());
        return added;
    }

    private static <K, V> Map<K, V> by(List<Entry> entries, Function<Entry, K> key, Function<Entry, V> value) {
        Map<K, V> map = new HashMap<>();
        entries.forEach(entry -> map.put(key.apply(entry), value.apply(entry)));
        return map;
    }
}
