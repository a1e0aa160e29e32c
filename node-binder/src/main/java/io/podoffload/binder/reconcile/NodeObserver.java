package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Desired;
import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.MacAddress;
import io.podoffload.binder.binding.Observed;
import io.podoffload.binder.binding.OwnerMark;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.Place;
import io.podoffload.binder.binding.Port;
import io.podoffload.binder.binding.VfIdentity;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.LinuxException;
import io.podoffload.binder.kernel.NetworkNamespace;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.ovs.IntegrationBridge;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what is true of one VF. It changes nothing. */
public final class NodeObserver {

    private static final Logger LOG = LoggerFactory.getLogger(NodeObserver.class);

    /** dev_valid_name() of the kernel. */
    private static final Pattern INTERFACE_NAME = Pattern.compile("[^\\s/:]{1,15}");

    /** What kube-ovn-cni sets through the PF when a pod goes, and what a VF has at first. */
    private static final Optional<MacAddress> NO_ADMIN_MAC = Optional.of(new MacAddress("00:00:00:00:00:00"));

    private final NicTopology topology;
    private final Links host;
    private final IntegrationBridge bridge;
    private final Owners owners;

    /** What VFs were when they were last seen free; the CNI keeps no note of MTU and MAC anywhere. */
    private final Map<PciAddress, VfIdentity> lastFree = new ConcurrentHashMap<>();

    public NodeObserver(
            NicTopology topology,
            Links host,
            IntegrationBridge bridge,
            Sandboxes sandboxes,
            NodePods pods,
            Clock clock) {
        this.topology = topology;
        this.host = host;
        this.bridge = bridge;
        this.owners = new Owners(sandboxes, pods, clock);
    }

    /** Empty if there is no such VF, or none with a representor. */
    public Optional<Observed> observe(PciAddress pci, Desired desired) {
        Optional<NicTopology.Vf> found = topology.vf(pci);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        NicTopology.Vf vf = found.get();
        Link representor = link(vf.representor());
        Link uplink = link(vf.uplink());
        Optional<Port> port = bridge.port(vf.representor());
        PodLinks pod = desired instanceof Desired.Binding binding ? podLinks(binding.netns(), pci) : PodLinks.NONE;
        Place place = place(pci, port, pod);
        Observed observed = new Observed(
                pci,
                representor,
                uplink.mtu(),
                port,
                strays(vf),
                rivals(desired, vf.representor()),
                place,
                host.adminMac(uplink, vf.index()),
                pod.names(),
                pod.defaultRoute(),
                owners.of(port, aliasMark(place)),
                identityWhenFree(pci, uplink, place));
        rememberIfFree(desired, observed);
        return Optional.of(observed);
    }

    private List<Observed.Stray> strays(NicTopology.Vf vf) {
        return bridge.withExternalId(OwnerMark.PCI, vf.pci().value()).stream()
                .filter(row -> !row.name().equals(vf.representor()))
                .flatMap(row ->
                        owners
                                .of(Optional.of(row), Optional.empty())
                                .map(owner -> new Observed.Stray(row, owner))
                                .stream())
                .toList();
    }

    private static Optional<OwnerMark> aliasMark(Place place) {
        return place instanceof Place.AtHome home
                ? OwnerMark.readAlias(home.link().alias())
                : Optional.empty();
    }

    private Link link(String name) {
        return host.named(name)
                .orElseThrow(() -> new IllegalStateException(name + " was renamed or removed while it was looked at"));
    }

    /** The identity that a free VF is remembered by, and by whose name kube-ovn-cni's ifalias calls it. */
    public Optional<PciAddress> lastFreeAs(String name) {
        return lastFree.entrySet().stream()
                .filter(entry -> entry.getValue().name().equals(name))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private List<Port> rivals(Desired desired, String representor) {
        return desired instanceof Desired.Binding binding
                ? bridge.withExternalId(Port.IFACE_ID, binding.network().ifaceId()).stream()
                        .filter(row -> !row.name().equals(representor))
                        .toList()
                : List.of();
    }

    private Place place(PciAddress pci, Optional<Port> port, PodLinks desiredPod) {
        Optional<Link> home = atHome(pci);
        if (home.isPresent()) {
            return new Place.AtHome(home.get());
        }
        if (desiredPod.vf().isPresent()) {
            return desiredPod.vf().get();
        }
        return port.flatMap(row -> OwnerMark.read(row.externalIds()))
                .<Place>flatMap(mark -> podLinks(mark.netns(), pci).vf().map(in -> in))
                .orElseGet(Place.Away::new);
    }

    /** By netlink where the kernel names the parent, else by the name that sysfs shows, else by our own mark. */
    private Optional<Link> atHome(PciAddress pci) {
        return topology.netdev(pci)
                .flatMap(host::named)
                .or(() -> host.all().stream().filter(link -> isVf(link, pci)).findFirst());
    }

    private static boolean isVf(Link link, PciAddress pci) {
        return link.parentDevice().equals(Optional.of(pci.value()))
                || OwnerMark.readAlias(link.alias())
                        .map(mark -> mark.pci().equals(pci))
                        .orElse(false);
    }

    private record PodLinks(Optional<Place.InPod> vf, Set<String> names, boolean defaultRoute) {
        static final PodLinks NONE = new PodLinks(Optional.empty(), Set.of(), false);
    }

    private static PodLinks podLinks(String netns, PciAddress pci) {
        try (NetworkNamespace namespace = NetworkNamespace.open(netns);
                Links links = namespace.links()) {
            List<Link> all = links.all();
            Optional<Link> vf = all.stream().filter(link -> isVf(link, pci)).findFirst();
            Set<String> others = new HashSet<>();
            all.stream().filter(link -> !Optional.of(link).equals(vf)).forEach(link -> others.add(link.name()));
            int index = vf.map(Link::index).orElse(-1);
            Set<String> gateways = new HashSet<>();
            boolean taken = false;
            for (Links.DefaultRoute route : links.defaultRoutes()) {
                if (route.linkIndex() == index) {
                    gateways.add(route.gateway());
                } else {
                    taken = true;
                }
            }
            return new PodLinks(vf.map(link -> new Place.InPod(link, links.addresses(link), gateways)), others, taken);
        } catch (LinuxException e) {
            LOG.debug("the namespace {} cannot be entered", netns, e);
            return PodLinks.NONE;
        }
    }

    /**
     * What the VF was before a CNI took it: as last seen free; after a restart of the binder as kube-ovn-cni's note (the
     * alias holds the name), the device (permanent address) and the PF (MTU) tell; else unknown.
     */
    private Optional<VfIdentity> identityWhenFree(PciAddress pci, Link uplink, Place place) {
        VfIdentity seen = lastFree.get(pci);
        if (seen != null || !(place instanceof Place.AtHome home)) {
            return Optional.ofNullable(seen);
        }
        Link link = home.link();
        return link.permanentMac()
                .filter(mac -> !mac.equals(link.mac())
                        && INTERFACE_NAME.matcher(link.alias()).matches())
                .map(mac -> new VfIdentity(link.alias(), uplink.mtu(), mac, NO_ADMIN_MAC));
    }

    private void rememberIfFree(Desired desired, Observed observed) {
        if (desired instanceof Desired.Nothing
                && observed.port().isEmpty()
                && observed.place() instanceof Place.AtHome home
                && home.link().alias().isEmpty()) {
            lastFree.put(observed.pci(), VfIdentity.of(home.link(), observed.adminMac()));
        }
    }
}
