package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Desired;
import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.Observed;
import io.podoffload.binder.binding.OwnerMark;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.Place;
import io.podoffload.binder.binding.Port;
import io.podoffload.binder.binding.VfNote;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.ovs.IntegrationBridge;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Reads what is true of one VF. It changes nothing. */
public final class NodeObserver {

    private final VfInventory inventory;
    private final NicTopology topology;
    private final Links host;
    private final IntegrationBridge bridge;
    private final Owners owners;
    private final String boot;

    /** VFs that were at home, by ifindex. */
    private final Map<Integer, PciAddress> byIndex = new ConcurrentHashMap<>();

    /** VFs by their own names, which kube-ovn-cni's ifalias calls them by. */
    private final Map<String, PciAddress> byOwnName = new ConcurrentHashMap<>();

    /** VFs whose netdev was nowhere at the last look. */
    private final Map<PciAddress, Boolean> away = new ConcurrentHashMap<>();

    /** The last row that each VF had with keys of the binder or of kube-ovn-cni. If the row is deleted, this is the only full copy. */
    private final Map<PciAddress, Port> lastRow = new ConcurrentHashMap<>();

    /** VFs that wait for a row of this name to let go of their iface-id. */
    private final Map<String, PciAddress> waitingForRival = new ConcurrentHashMap<>();

    /** @param boot id of the machine's present boot */
    public NodeObserver(
            VfInventory inventory,
            NicTopology topology,
            Links host,
            IntegrationBridge bridge,
            NodePods pods,
            String boot) {
        this.inventory = inventory;
        this.topology = topology;
        this.host = host;
        this.bridge = bridge;
        this.owners = new Owners(pods, System::nanoTime);
        this.boot = boot;
    }

    /** The row of the VF's representor. */
    Optional<Port> row(PciAddress pci) {
        return inventory.find(pci).flatMap(entry -> bridge.port(entry.vf().representor()));
    }

    /** The row that a VF in this sandbox had and lost; what it says of the network holds for as long as the sandbox has the VF. */
    Optional<Port> lostRow(PciAddress pci, String netns) {
        boolean isAtHome = topology.netdev(pci).flatMap(host::named).isPresent();
        return isAtHome || row(pci).isPresent()
                ? Optional.empty()
                : Optional.ofNullable(lastRow.get(pci))
                        .filter(last -> last.isFor(netns)
                                || OwnerMark.read(last.externalIds())
                                        .filter(mark -> mark.netns().equals(netns))
                                        .isPresent());
    }

    /** Empty if there is no such VF, or none with a representor. */
    public Optional<Observed> observe(PciAddress pci, Desired desired, Sandboxes.Look look) {
        Optional<Observed> observed = inventory.find(pci).flatMap(entry -> observe(entry, desired, look));
        if (observed.isEmpty() && inventory.find(pci).isPresent()) {
            inventory.refresh(); // the driver made its netdevs anew
            observed = inventory.find(pci).flatMap(entry -> observe(entry, desired, look));
        }
        observed.ifPresent(this::remember);
        return observed;
    }

    private Optional<Observed> observe(VfInventory.Entry entry, Desired desired, Sandboxes.Look look) {
        NicTopology.Vf vf = entry.vf();
        Optional<Link> representor = host.byIndex(entry.representorIndex());
        Optional<Links.Uplink> uplink = host.uplink(entry.uplinkIndex(), vf.index());
        if (representor.isEmpty() || uplink.isEmpty()) {
            return Optional.empty();
        }
        String name = representor.get().name();
        Optional<Port> port = bridge.port(name);
        port.filter(row -> row.madeByKubeOvn() || row.externalIds().containsKey(OwnerMark.OWNER))
                .ifPresent(row -> lastRow.put(vf.pci(), row));
        Optional<Port> known = port.or(() -> Optional.ofNullable(lastRow.get(vf.pci())));
        Optional<Desired.Binding> binding = desired instanceof Desired.Binding wanted
                ? Optional.of(wanted.asBound(known, VfNote.on(representor.get(), vf.pci())))
                : Optional.empty();
        PodLinks pod = binding.map(wanted ->
                        PodLinks.read(wanted.netns(), vf.pci(), wanted.network().mac()))
                .orElse(PodLinks.NONE);
        Place place = place(vf.pci(), port, pod);
        Observed observed = new Observed(
                vf.pci(),
                new Observed.Origin(vf.uplink(), vf.index()),
                representor.get(),
                uplink.get().mtu(),
                port,
                Optional.ofNullable(lastRow.get(vf.pci())),
                strays(vf.pci(), name, look),
                rivals(binding, name, look),
                place,
                false,
                uplink.get().adminMac(),
                pod.others(),
                pod.othersDefaultRoutes(),
                owner(port, representor.get(), vf.pci(), look),
                boot);
        return Optional.of(
                observed.nameToRestore().filter(own -> isTaken(own, vf.pci())).isPresent()
                        ? observed.withNameTaken()
                        : observed);
    }

    /** Whether a netdev has the name that is not a VF on its way back to a name of its own. */
    private boolean isTaken(String name, PciAddress pci) {
        if (host.named(name).isEmpty()) {
            return false;
        }
        return inventory.all().stream()
                .filter(other -> !other.equals(pci))
                .filter(other -> topology.netdev(other).equals(Optional.of(name)))
                .findFirst()
                .map(holder -> ownName(holder).equals(Optional.of(name)))
                .orElse(true);
    }

    private Optional<String> ownName(PciAddress pci) {
        return inventory
                .known(pci)
                .flatMap(entry -> host.byIndex(entry.representorIndex()))
                .flatMap(representor -> VfNote.read(representor.alias()))
                .map(note -> note.identity().name());
    }

    /** Of the row, else of the note on the representor. */
    private Optional<Observed.Owner> owner(Optional<Port> port, Link representor, PciAddress pci, Sandboxes.Look look) {
        return port.flatMap(row -> owners.of(row, look))
                .or(() -> VfNote.on(representor, pci).flatMap(VfNote::mark).map(mark -> owners.of(mark, look)));
    }

    private List<Observed.Held> strays(PciAddress pci, String representor, Sandboxes.Look look) {
        return bridge.withExternalId(OwnerMark.PCI, pci.value()).stream()
                .filter(row -> !row.name().equals(representor))
                .map(row -> new Observed.Held(row, owners.of(row, look)))
                .toList();
    }

    /** Rows with the binder's keys for a VF that is not there, whose netdevs went with it. */
    List<Observed.Held> rowsWithoutVf(PciAddress pci, Sandboxes.Look look) {
        return bridge.withExternalId(OwnerMark.PCI, pci.value()).stream()
                .filter(row -> row.type().isEmpty() && host.named(row.name()).isEmpty())
                .map(row -> new Observed.Held(row, owners.of(row, look)))
                .filter(held -> held.owner().isPresent())
                .toList();
    }

    private List<Observed.Held> rivals(Optional<Desired.Binding> binding, String representor, Sandboxes.Look look) {
        return binding.stream()
                .flatMap(wanted ->
                        bridge.withExternalId(Port.IFACE_ID, wanted.network().ifaceId()).stream())
                .filter(row -> !row.name().equals(representor))
                .map(row -> new Observed.Held(row, owners.of(row, look)))
                .toList();
    }

    private Place place(PciAddress pci, Optional<Port> port, PodLinks desiredPod) {
        Optional<Link> home = topology.netdev(pci).flatMap(host::named);
        if (home.isPresent()) {
            return new Place.AtHome(home.get());
        }
        if (desiredPod.vf().isPresent()) {
            return desiredPod.vf().get();
        }
        Optional<Place.InPod> inMarkedPod = port.flatMap(row -> OwnerMark.read(row.externalIds()))
                .flatMap(mark ->
                        PodLinks.read(mark.netns(), pci, Optional.empty()).vf());
        if (inMarkedPod.isPresent()) {
            return inMarkedPod.get();
        }
        return topology.driver(pci)
                .filter(Place.Userspace::isDriver)
                .<Place>map(Place.Userspace::new)
                .orElseGet(Place.Away::new);
    }

    private void remember(Observed observed) {
        PciAddress pci = observed.pci();
        observed.note().ifPresent(note -> byOwnName.put(note.identity().name(), pci));
        if (observed.place() instanceof Place.AtHome home) {
            byIndex.put(home.link().index(), pci);
        }
        if (observed.place() instanceof Place.Away) {
            away.put(pci, true);
        } else {
            away.remove(pci);
        }
        observed.rivals().forEach(rival -> waitingForRival.put(rival.row().name(), pci));
    }

    /** The VF is not the binder's to look after: an unknown link is none of its concern. */
    void leave(PciAddress pci) {
        away.remove(pci);
    }

    /** The VF whose own name this is. */
    Optional<PciAddress> called(String name) {
        return Optional.ofNullable(byOwnName.get(name));
    }

    /** The VF that had this ifindex when it was at home. */
    Optional<PciAddress> withIndex(int index) {
        return Optional.ofNullable(byIndex.get(index));
    }

    /** VFs that an unknown link, which the kernel does not say the parent of, may be. */
    List<PciAddress> away() {
        return List.copyOf(away.keySet());
    }

    /** The VF that waits for this row to let go of an iface-id; it is asked once. */
    Optional<PciAddress> waitingFor(String row) {
        return Optional.ofNullable(waitingForRival.remove(row));
    }

    /** Why nothing is seen of a VF, for a person. */
    String whyUnmapped(PciAddress pci) {
        return inventory.whyUnmapped(pci);
    }
}
