package io.podoffload.binder.prepare;

import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.nic.Netdev;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.Use;
import io.podoffload.binder.nic.VirtualFunction;
import io.podoffload.binder.ovs.OvsConfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Finds out who uses a PF: the kubelet's pods, the bridges of Open vSwitch, and the node itself. */
public final class NodeUses {

    private final Links host;
    private final Supplier<Map<PodName, List<PciAddress>>> allotted;
    private final Supplier<Optional<OvsConfiguration>> openVSwitch;

    /**
     * @param allotted the devices of all pods, whatever their resource is called
     * @param openVSwitch empty where none runs
     */
    public NodeUses(
            Links host,
            Supplier<Map<PodName, List<PciAddress>>> allotted,
            Supplier<Optional<OvsConfiguration>> openVSwitch) {
        this.host = host;
        this.allotted = allotted;
        this.openVSwitch = openVSwitch;
    }

    public List<Use> of(PhysicalFunction pf) {
        List<Use> uses = new ArrayList<>();
        if (!pf.vfs().isEmpty()) {
            addAllotments(pf, uses);
        }
        Optional<OvsConfiguration> ovs = openVSwitch(uses);
        ovs.ifPresent(running -> addBridges(pf, running, uses));
        Set<String> tunnels = ovs.map(OvsConfiguration::tunnelAddresses).orElse(Set.of());
        pf.uplink()
                .flatMap(uplink -> host.named(uplink.name()))
                .ifPresent(uplink -> addUsesOfNode(uplink, tunnels, uses));
        pf.vfs()
                .forEach(vf -> vf.netdev()
                        .flatMap(host::named)
                        .flatMap(netdev -> useOfHost(vf, netdev))
                        .ifPresent(uses::add));
        return uses;
    }

    /** That it is up is none: many hosts set up whatever they find. */
    private Optional<Use> useOfHost(VirtualFunction vf, Link netdev) {
        Set<Integer> above = host.standingOn(netdev.index());
        Optional<String> has = globalAddresses(above)
                .findFirst()
                .map(address -> "has the address " + address)
                .or(() -> above.stream()
                        .filter(index -> index != netdev.index())
                        .flatMap(index -> host.byIndex(index).stream())
                        .findFirst()
                        .map(upper -> "is under " + upper.name()));
        return has.map(
                what -> new Use(Use.Kind.OF_HOST, "the host uses VF " + vf.pci() + ": " + netdev.name() + " " + what));
    }

    private Stream<String> globalAddresses(Set<Integer> links) {
        return links.stream()
                .flatMap(index -> host.byIndex(index).stream())
                .flatMap(link -> host.addresses(link).all())
                .map(InterfaceAddress::address)
                .filter(address -> !address.startsWith("fe80:") && !address.startsWith("169.254."));
    }

    private void addAllotments(PhysicalFunction pf, List<Use> uses) {
        List<PciAddress> vfs = pf.vfs().stream().map(VirtualFunction::pci).toList();
        try {
            allotted.get()
                    .forEach((pod, devices) -> devices.stream()
                            .filter(vfs::contains)
                            .forEach(vf -> uses.add(new Use(
                                    Use.Kind.ALLOTTED,
                                    "pod " + pod + " holds VF " + vf + ": drain the node, or delete the pod"))));
        } catch (RuntimeException e) {
            uses.add(new Use(
                    Use.Kind.UNKNOWN,
                    "whether a pod holds a VF is not known, because the kubelet does not answer: " + e.getMessage()));
        }
    }

    private Optional<OvsConfiguration> openVSwitch(List<Use> uses) {
        try {
            return openVSwitch.get();
        } catch (RuntimeException e) {
            uses.add(new Use(
                    Use.Kind.UNKNOWN,
                    "whether Open vSwitch uses the PF is not known, because ovsdb-server does not answer: "
                            + e.getMessage()));
            return Optional.empty();
        }
    }

    private static void addBridges(PhysicalFunction pf, OvsConfiguration ovs, List<Use> uses) {
        Stream.of(
                        pf.uplink().map(Netdev::name).stream(),
                        pf.vfs().stream().flatMap(vf -> vf.representor().map(Netdev::name).stream()),
                        pf.vfs().stream().flatMap(vf -> vf.netdev().stream()))
                .flatMap(names -> names)
                .filter(ovs.bridgeOfPort()::containsKey)
                .forEach(name -> uses.add(new Use(
                        Use.Kind.IN_BRIDGE,
                        name + " is a port of bridge " + ovs.bridgeOfPort().get(name)
                                + ": take it out (ovs-vsctl del-port) where nothing needs it")));
    }

    private void addUsesOfNode(Link uplink, Set<String> tunnels, List<Use> uses) {
        Set<Integer> above = host.standingOn(uplink.index());
        String unlessToldSo = "; set even-if-it-carries-the-node where that may be cut for a moment";
        if (host.routesOfAllTables().stream()
                .anyMatch(route -> route.route().isDefault() && above.contains(route.linkIndex()))) {
            uses.add(new Use(
                    Use.Kind.DEFAULT_ROUTE, "the node's default route goes by " + uplink.name() + unlessToldSo));
        }
        globalAddresses(above).forEach(address -> {
            boolean tunnel = tunnels.contains(address);
            uses.add(new Use(
                    tunnel ? Use.Kind.TUNNEL_ADDRESS : Use.Kind.ADDRESS,
                    uplink.name() + " has " + address + (tunnel ? ", the address of this node's tunnels" : "")
                            + unlessToldSo));
        });
        boolean leadsSomewhere = host.routesOfAllTables().stream()
                .anyMatch(route -> !route.route().gateway().isEmpty() && above.contains(route.linkIndex()));
        host.withoutNeighbours().stream()
                .filter(link -> leadsSomewhere && !above.contains(link.index()))
                .flatMap(link -> globalAddresses(Set.of(link.index())))
                .filter(tunnels::contains)
                .forEach(address -> uses.add(new Use(
                        Use.Kind.TUNNEL_ADDRESS,
                        address + ", the address of this node's tunnels, is on no NIC, and packets from it may go by "
                                + uplink.name() + unlessToldSo)));
        above.stream()
                .filter(index -> index != uplink.index())
                .flatMap(index -> host.byIndex(index).stream())
                .findFirst()
                .ifPresent(upper ->
                        uses.add(new Use(Use.Kind.MEMBER, uplink.name() + " is under " + upper.name() + unlessToldSo)));
    }
}
