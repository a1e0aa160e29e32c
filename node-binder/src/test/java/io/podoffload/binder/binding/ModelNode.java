package io.podoffload.binder.binding;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node of one VF that does what the kernel and OVSDB do, and refuses what they refuse. It can die before its n-th change,
 * as a binder that is killed.
 */
final class ModelNode implements NodeNetwork {

    static final PciAddress PCI = World.PCI;
    static final int UPLINK_MTU = 1500;

    /** The binder was killed; what was done before stays done. */
    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** A netdev; its namespace is empty for the host's. */
    record Netdev(
            String netns,
            String name,
            int mtu,
            MacAddress mac,
            boolean up,
            String alias,
            Set<InterfaceAddress> addresses,
            Set<Route> routes) {}

    /** Who is behind a namespace, a sandbox, a row. */
    record Holder(String podUid, String sandboxId, String netns, boolean alive) {}

    final Map<String, Map<String, String>> rows = new HashMap<>();
    final Map<String, Holder> holders = new HashMap<>();
    final List<String> changes = new ArrayList<>();
    String representor = World.REPRESENTOR;
    boolean representorUp;
    int representorMtu = UPLINK_MTU;

    @Nullable
    Netdev vf;

    Optional<MacAddress> adminMac = Optional.of(MacAddress.NONE);
    String note = World.NOTE.alias();
    boolean reportedByCni;
    int killBefore = Integer.MAX_VALUE;

    ModelNode copy() {
        ModelNode copy = new ModelNode();
        rows.forEach((name, ids) -> copy.rows.put(name, new HashMap<>(ids)));
        copy.holders.putAll(holders);
        copy.representor = representor;
        copy.representorUp = representorUp;
        copy.representorMtu = representorMtu;
        copy.vf = vf;
        copy.adminMac = adminMac;
        copy.note = note;
        copy.reportedByCni = reportedByCni;
        return copy;
    }

    /** What counts when two ends are compared. */
    String state() {
        return "rows " + new java.util.TreeMap<>(rows) + ", representor " + representor
                + (representorUp ? " up " : " down ") + representorMtu + " '" + note + "', VF " + vf + ", admin MAC "
                + adminMac;
    }

    Observed observe(Desired desired) {
        Optional<Port> port = Optional.ofNullable(rows.get(representor)).map(ids -> row(representor, ids));
        List<Observed.Held> strays = rows.entrySet().stream()
                .filter(row -> !row.getKey().equals(representor))
                .filter(row -> PCI.value().equals(row.getValue().get(OwnerMark.PCI)))
                .map(row -> held(row(row.getKey(), row.getValue())))
                .toList();
        List<Observed.Held> rivals = desired instanceof Desired.Binding binding
                ? rows.entrySet().stream()
                        .filter(row -> !row.getKey().equals(representor))
                        .filter(row -> binding.network()
                                .ifaceId()
                                .equals(row.getValue().get(Port.IFACE_ID)))
                        .map(row -> held(row(row.getKey(), row.getValue())))
                        .toList()
                : List.of();
        Optional<Observed.Owner> owner = port.flatMap(this::owner)
                .or(() -> VfNote.read(note).flatMap(VfNote::mark).map(mark -> owner(mark.podUid(), mark.sandboxId())));
        return new Observed(
                PCI,
                new Observed.Origin("eth0", 0),
                new Link(
                        7,
                        representor,
                        representorMtu,
                        MacAddress.NONE,
                        Optional.empty(),
                        representorUp,
                        note,
                        Optional.empty()),
                UPLINK_MTU,
                port,
                Optional.empty(),
                strays,
                rivals,
                place(desired, port),
                false,
                adminMac,
                Set.of("lo", "eth0"),
                Set.of(Route.DEFAULT_IPV4, Route.DEFAULT_IPV6),
                owner,
                World.BOOT);
    }

    private Place place(Desired desired, Optional<Port> port) {
        Netdev netdev = vf;
        if (netdev == null) {
            return new Place.Away();
        }
        Link link = new Link(
                9,
                netdev.name(),
                netdev.mtu(),
                netdev.mac(),
                Optional.empty(),
                netdev.up(),
                netdev.alias(),
                Optional.empty());
        if (netdev.netns().isEmpty()) {
            return new Place.AtHome(link);
        }
        boolean visible =
                desired instanceof Desired.Binding binding && binding.netns().equals(netdev.netns())
                        || port.flatMap(row -> OwnerMark.read(row.externalIds()))
                                .map(mark -> mark.netns().equals(netdev.netns()))
                                .orElse(false);
        return visible ? new Place.InPod(link, netdev.addresses(), Set.of(), false, netdev.routes()) : new Place.Away();
    }

    private Port row(String name, Map<String, String> ids) {
        Map<String, String> seen = new HashMap<>(ids);
        if (ids.containsKey(Port.IFACE_ID)) {
            seen.put(Port.OVN_INSTALLED, "true");
        }
        return new Port(name, "", seen, 3, "", "", name.equals(representor) && representorUp);
    }

    private Observed.Held held(Port row) {
        return new Observed.Held(row, owner(row));
    }

    private Optional<Observed.Owner> owner(Port row) {
        String uid = row.externalIds().get(OwnerMark.POD_UID);
        String sandbox = row.externalIds().get(OwnerMark.SANDBOX);
        if (uid != null && sandbox != null) {
            return Optional.of(owner(uid, sandbox));
        }
        return row.kubeOvnPod()
                .flatMap(pod -> holders.values().stream()
                        .filter(holder -> row.isFor(holder.netns()))
                        .findFirst()
                        .map(holder -> owner(holder.podUid(), holder.sandboxId())));
    }

    private Observed.Owner owner(String uid, String sandbox) {
        Holder holder = holders.values().stream()
                .filter(one -> one.podUid().equals(uid) && one.sandboxId().startsWith(sandbox))
                .findFirst()
                .orElse(new Holder(uid, sandbox, "", false));
        return new Observed.Owner(
                holder.alive(), !holder.alive(), !holder.alive(), holder.alive() ? Duration.ZERO : Duration.ofHours(1));
    }

    private Map<String, String> rowOf(String name) {
        Map<String, String> ids = rows.get(name);
        if (ids == null) {
            throw new IllegalStateException("the row to change is not there");
        }
        return ids;
    }

    private void change(String what) {
        if (changes.size() == killBefore) {
            throw new Killed();
        }
        changes.add(what);
    }

    private Netdev home(String name) {
        Netdev netdev = vf;
        if (netdev == null || !netdev.netns().isEmpty() || !netdev.name().equals(name)) {
            throw new IllegalStateException("there is no interface " + name + " on the host");
        }
        return netdev;
    }

    private void require(String row, Map<String, String> expected) {
        Map<String, String> ids = rows.get(row);
        if (ids == null || !ids.entrySet().containsAll(expected.entrySet())) {
            throw new IllegalStateException("row " + row + " is " + ids + " and not " + expected);
        }
    }

    @Override
    public void recordBinding(String name, OwnerMark mark) {
        if (rows.containsKey(name)) {
            throw new IllegalStateException("constraint violation: " + name);
        }
        change("record " + name);
        rows.put(name, new HashMap<>(mark.externalIds()));
    }

    @Override
    public void markVf(String vfName, OwnerMark mark) {
        Netdev at = home(vfName);
        change("mark " + vfName);
        vf = new Netdev("", at.name(), at.mtu(), at.mac(), at.up(), mark.alias(), at.addresses(), at.routes());
    }

    @Override
    public void noteVf(String name, VfNote written) {
        change("note " + name);
        note = written.alias();
    }

    @Override
    public void setAdminMac(PciAddress pci, MacAddress mac) {
        change("admin MAC " + mac);
        adminMac = Optional.of(mac);
    }

    @Override
    public void moveIntoPod(String vfName, String netns, PodInterface target) {
        Netdev at = home(vfName);
        change("move " + vfName);
        vf = new Netdev(netns, target.name(), target.mtu(), target.mac(), false, at.alias(), Set.of(), Set.of());
    }

    @Override
    public void configureInPod(String netns, PodInterface target) {
        Netdev at = vf;
        if (at == null || !at.netns().equals(netns) || !at.name().equals(target.name())) {
            throw new IllegalStateException("the pod has no interface " + target.name());
        }
        change("configure " + target.name());
        Set<InterfaceAddress> addresses = new HashSet<>(at.addresses());
        addresses.addAll(target.addresses());
        Set<Route> routes = new HashSet<>(at.routes());
        routes.addAll(target.routes());
        vf = new Netdev(netns, at.name(), target.mtu(), target.mac(), true, target.alias(), addresses, routes);
    }

    @Override
    public void attach(String name, String ifaceId) {
        if (rows.values().stream().anyMatch(ids -> ifaceId.equals(ids.get(Port.IFACE_ID)))) {
            throw new IllegalStateException("the iface-id is on another row");
        }
        change("attach " + name);
        rowOf(name).put(Port.IFACE_ID, ifaceId);
    }

    @Override
    public void detach(String name, Map<String, String> expected) {
        require(name, expected);
        change("detach " + name);
        rowOf(name).keySet().removeAll(Set.of(Port.IFACE_ID, OwnerMark.ANNOUNCED));
    }

    @Override
    public void setRepresentorUp(String name, int mtu) {
        change("up " + name);
        representorUp = true;
        representorMtu = mtu;
    }

    @Override
    public void setRepresentorDown(String name) {
        change("down " + name);
        representorUp = false;
    }

    @Override
    public void announce(String netns, PodInterface target, String name, String stamp) {
        change("announce");
        rowOf(name).put(OwnerMark.ANNOUNCED, stamp);
    }

    @Override
    public void markRow(String name, Map<String, String> expected, Map<String, String> keys) {
        require(name, expected);
        change("mark row " + name);
        rowOf(name).putAll(keys);
    }

    @Override
    public void restorePort(String name, Map<String, String> keys) {
        if (rows.containsKey(name)) {
            throw new IllegalStateException("constraint violation: " + name);
        }
        change("restore " + name);
        rows.put(name, new HashMap<>(keys));
    }

    @Override
    public void resetVf(PciAddress pci, String currentName, VfIdentity identity) {
        home(currentName);
        change("reset " + currentName);
        vf = new Netdev("", identity.name(), identity.mtu(), identity.mac(), false, "", Set.of(), Set.of());
        identity.adminMac().ifPresent(mac -> adminMac = Optional.of(mac));
    }

    @Override
    public void deletePort(String name, Map<String, String> expected) {
        if (rows.containsKey(name)) {
            require(name, expected);
            change("delete " + name);
            rows.remove(name);
        }
    }
}
