package io.podoffload.binder.binding;

import io.podoffload.binder.binding.PodNetwork.DefaultRoute;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A VF and a pod, as the planner sees them: at first the VF is free at home and the pod waits to be bound. */
final class World {

    static final PciAddress PCI = new PciAddress("0000:03:00.2");
    static final PodRef POD = new PodRef("default", "nginx", "uid-1");
    static final String SANDBOX = "5b45c61b307e0a1b2c3d";
    static final String NETNS = "/var/run/netns/cni-1";
    static final String REPRESENTOR = "pf0vf0";
    static final String IFACE_ID = "nginx.default.default.default.ovn";
    static final MacAddress POD_MAC = new MacAddress("02:00:00:00:00:aa");
    static final InterfaceAddress ADDRESS = new InterfaceAddress("10.16.0.2", 16);
    static final VfIdentity ORIGINAL =
            new VfIdentity("eth2", 1500, new MacAddress("02:5e:00:00:03:00"), Optional.empty());
    static final VfNote NOTE = new VfNote(PCI, ORIGINAL);
    static final String BOOT = "b00t1d01";
    static final OwnerMark MARK = new OwnerMark(
            POD.uid(),
            SANDBOX,
            PCI,
            NETNS,
            ORIGINAL,
            BOOT,
            Optional.of(binding(DefaultRoute.IF_NONE).network()));

    /** The note while the binder has the VF in the pod. */
    static final VfNote HELD = VfNote.held(MARK);

    private Desired desired = binding(DefaultRoute.IF_NONE);
    private Place place = new Place.AtHome(vf("eth2", 1500, ORIGINAL.mac(), false, ""));
    private Link representor = link(REPRESENTOR, 1500, new MacAddress("02:00:00:00:00:01"), false, NOTE.alias());
    private @Nullable Port port;
    private Optional<Port> lastRow = Optional.empty();
    private boolean seenUp;
    private boolean nameTaken;
    private List<Observed.Held> strays = List.of();
    private List<Observed.Held> rivals = List.of();
    private Optional<MacAddress> adminMac = Optional.empty();
    private Set<String> podLinks = Set.of("lo", "eth0");
    private Set<String> podDefaultRoutes = Set.of(Route.DEFAULT_IPV4, Route.DEFAULT_IPV6);
    private Optional<Observed.Owner> owner = Optional.empty();
    private String boot = BOOT;

    static Desired.Binding binding(DefaultRoute defaultRoute) {
        return new Desired.Binding(
                POD,
                SANDBOX,
                NETNS,
                new PodNetwork(
                        IFACE_ID,
                        Optional.of(POD_MAC),
                        List.of(ADDRESS),
                        List.of("10.16.0.1"),
                        List.of(),
                        List.of(),
                        OptionalInt.empty(),
                        true,
                        defaultRoute),
                Optional.empty(),
                false);
    }

    static Desired.Binding dualStack() {
        Desired.Binding binding = binding(DefaultRoute.IF_NONE);
        PodNetwork network = binding.network();
        return new Desired.Binding(
                binding.pod(),
                binding.sandboxId(),
                binding.netns(),
                new PodNetwork(
                        network.ifaceId(),
                        network.mac(),
                        List.of(ADDRESS, new InterfaceAddress("fd00::2", 64)),
                        List.of("10.16.0.1", "fd00::1"),
                        network.routes(),
                        List.of(),
                        network.mtu(),
                        true,
                        DefaultRoute.IF_NONE),
                Optional.empty(),
                false);
    }

    /** The same pod, with a route in its annotations that cannot be used. */
    static Desired.Binding withUnusableRoute(String route) {
        Desired.Binding binding = binding(DefaultRoute.IF_NONE);
        PodNetwork network = binding.network();
        return binding.with(new PodNetwork(
                network.ifaceId(),
                network.mac(),
                network.addresses(),
                network.gateways(),
                network.routes(),
                List.of(route),
                network.mtu(),
                network.overlay(),
                network.defaultRoute()));
    }

    /** The same pod, but its annotations say other things. */
    static Desired.Binding elsewhere(String sandbox) {
        Desired.Binding binding = binding(DefaultRoute.IF_NONE);
        return new Desired.Binding(
                binding.pod(),
                sandbox,
                binding.netns(),
                new PodNetwork(
                        "other.default.default.default.ovn",
                        Optional.of(new MacAddress("02:66:66:66:66:66")),
                        List.of(new InterfaceAddress("10.16.0.1", 16)),
                        List.of(),
                        List.of(),
                        List.of(),
                        OptionalInt.of(1280),
                        true,
                        DefaultRoute.YES),
                Optional.empty(),
                false);
    }

    static Link link(String name, int mtu, MacAddress mac, boolean up, String alias) {
        return new Link(7, name, mtu, mac, Optional.empty(), up, alias, Optional.empty());
    }

    static Link vf(String name, int mtu, MacAddress mac, boolean up, String alias) {
        return link(name, mtu, mac, up, alias);
    }

    static Link withPermanentMac(Link link) {
        return new Link(
                link.index(),
                link.name(),
                link.mtu(),
                link.mac(),
                Optional.of(ORIGINAL.mac()),
                link.up(),
                link.alias(),
                link.parentDevice());
    }

    World wanting(Desired wanted) {
        desired = wanted;
        return this;
    }

    /** No pod holds the VF. */
    World unallotted() {
        return wanting(new Desired.Nothing());
    }

    World vfAtHome(Link link) {
        place = new Place.AtHome(link);
        return this;
    }

    World vfAway() {
        place = new Place.Away();
        return this;
    }

    World vfInPod(String name, boolean up, Set<InterfaceAddress> addresses, Set<Route> routes) {
        return vfInPod(vf(name, 1400, POD_MAC, up, MARK.alias()), addresses, routes);
    }

    World vfInPod(Link link, Set<InterfaceAddress> addresses, Set<Route> routes) {
        place = new Place.InPod(link, addresses, Set.of(), false, routes);
        return link.alias().equals(MARK.alias()) ? noting(HELD.alias()) : this;
    }

    /** The kernel of the pod does not use this address, which it has. */
    World withDuplicate(InterfaceAddress address) {
        Place.InPod in = (Place.InPod) place;
        Set<InterfaceAddress> used = new HashSet<>(in.addresses());
        used.remove(address);
        place = new Place.InPod(in.link(), used, Set.of(address), false, in.routes());
        return this;
    }

    World representorUp(int mtu) {
        representor = link(REPRESENTOR, mtu, representor.mac(), true, representor.alias());
        return this;
    }

    /** A row of the binder's own, with these external_ids beside its mark. */
    World ourRow(int ofport, String... moreIds) {
        Map<String, String> ids = new HashMap<>(MARK.externalIds());
        ids.putAll(pairs(moreIds));
        port = new Port(REPRESENTOR, "", ids, ofport, "", "", true);
        return noting(HELD.alias());
    }

    World row(String type, int ofport, String error, String... ids) {
        port = new Port(REPRESENTOR, type, pairs(ids), ofport, error, "", true);
        return this;
    }

    World row(String type, int ofport, String error, Map<String, String> ids) {
        port = new Port(REPRESENTOR, type, ids, ofport, error, "", true);
        return this;
    }

    /** A row as kube-ovn-cni makes it. */
    World kubeOvnRow(String netns, String... moreIds) {
        Map<String, String> ids = new HashMap<>(Map.of(
                "vendor", "kube-ovn",
                "pod_name", "nginx",
                "pod_namespace", "default",
                "pod_netns", netns,
                "iface-id", IFACE_ID));
        ids.putAll(pairs(moreIds));
        port = new Port(REPRESENTOR, "", ids, 3, "", "", true);
        return lent();
    }

    /** The row as it is now is lost; the binder has seen it. */
    World rowLost() {
        lastRow = Optional.ofNullable(port);
        port = null;
        return this;
    }

    /** A row that carries the binder's mark for this VF under the name that its representor had before. */
    World stray(boolean sandboxReady, boolean podGone) {
        strays = List.of(new Observed.Held(
                new Port("old_h", "", MARK.externalIds(), -1, "", "", false),
                Optional.of(new Observed.Owner(sandboxReady, true, podGone, Duration.ZERO))));
        return this;
    }

    World rival(String name, String driver) {
        rivals = List.of(new Observed.Held(
                new Port(name, "", Map.of("iface-id", IFACE_ID), 4, "", driver, true), Optional.empty()));
        return this;
    }

    /** A row with the iface-id that was made for a sandbox of which this is left. */
    World rivalOf(Observed.Owner owner) {
        rivals = List.of(new Observed.Held(
                new Port("dead_h", "", Map.of("iface-id", IFACE_ID, "ovn-installed", "true"), 4, "", "", true),
                Optional.of(owner)));
        return this;
    }

    World representor(String name, boolean up, int mtu) {
        representor = link(name, mtu, representor.mac(), up, representor.alias());
        return this;
    }

    World userspace() {
        place = new Place.Userspace("vfio-pci");
        return this;
    }

    World afterAnotherBoot() {
        boot = "b00t1d02";
        return this;
    }

    World adminMac(String mac) {
        adminMac = Optional.of(new MacAddress(mac));
        return this;
    }

    World podHasDefaultRoutes(String... destinations) {
        podDefaultRoutes = Set.of(destinations);
        return this;
    }

    World podHas(Set<String> links, boolean defaultRoute) {
        podLinks = links;
        podDefaultRoutes = defaultRoute ? Set.of(Route.DEFAULT_IPV4, Route.DEFAULT_IPV6) : Set.of();
        return this;
    }

    World owner(boolean sandboxReady, boolean netnsGone, boolean podGone, Duration goneFor) {
        owner = Optional.of(new Observed.Owner(sandboxReady, netnsGone, podGone, goneFor));
        return this;
    }

    /** Sandbox stopped, namespace and pod gone, just now. */
    World ownerGone() {
        return owner(false, true, true, Duration.ofSeconds(1));
    }

    /** The representor says nothing of its VF. */
    World neverSeenFree() {
        return noting("");
    }

    /** A CNI has the VF, or had it until just now. */
    World lent() {
        return noting(NOTE.asLent().alias());
    }

    World noting(String alias) {
        representor = new Link(
                7,
                representor.name(),
                representor.mtu(),
                representor.mac(),
                Optional.empty(),
                representor.up(),
                alias,
                Optional.empty());
        return this;
    }

    Plan plan() {
        return BindingPlanner.plan(desired, observed());
    }

    Observed observed() {
        return new Observed(
                PCI,
                new Observed.Origin("eth0", 0),
                representor,
                1500,
                Optional.ofNullable(port).map(this::asVswitchdSeesIt),
                lastRow,
                strays,
                rivals,
                place,
                nameTaken,
                adminMac,
                podLinks,
                podDefaultRoutes,
                owner,
                boot);
    }

    private Port asVswitchdSeesIt(Port row) {
        return new Port(
                row.name(),
                row.type(),
                row.externalIds(),
                row.ofport(),
                row.error(),
                row.driver(),
                seenUp || representor.up());
    }

    /** ovs-vswitchd has not looked since the representor went down. */
    World vswitchdSeesItUp() {
        seenUp = true;
        return this;
    }

    /** A netdev that stays has the VF's own name. */
    World ownNameTaken() {
        nameTaken = true;
        return this;
    }

    private static Map<String, String> pairs(String... keysAndValues) {
        Map<String, String> map = new HashMap<>();
        for (int index = 0; index < keysAndValues.length; index += 2) {
            map.put(keysAndValues[index], keysAndValues[index + 1]);
        }
        return map;
    }
}
