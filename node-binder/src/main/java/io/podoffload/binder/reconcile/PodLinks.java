package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.MacAddress;
import io.podoffload.binder.binding.OwnerMark;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.Place;
import io.podoffload.binder.binding.Route;
import io.podoffload.binder.kernel.Errno;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.LinuxException;
import io.podoffload.binder.kernel.NetworkNamespace;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The links of a pod as one VF is concerned.
 *
 * @param vf the VF, if it is there
 * @param others names of all other links
 * @param othersDefaultRoutes destinations of the default routes that go by another link: one for each family
 */
record PodLinks(Optional<Place.InPod> vf, Set<String> others, Set<String> othersDefaultRoutes) {

    private static final Logger LOG = LoggerFactory.getLogger(PodLinks.class);

    static final PodLinks NONE = new PodLinks(Optional.empty(), Set.of(), Set.of());

    /**
     * Reads the namespace at {@code netns}, by one socket that is closed at once; a namespace that is gone holds nothing.
     *
     * @param mac that OVN gave the pod; a kernel before 5.14 does not tell which device is behind a link
     */
    static PodLinks read(String netns, PciAddress pci, Optional<MacAddress> mac) {
        try (NetworkNamespace namespace = NetworkNamespace.open(netns);
                Links links = namespace.links()) {
            List<Link> all = links.all();
            Optional<Link> vf = all.stream()
                    .filter(link -> isVf(link, pci))
                    .findFirst()
                    .or(() -> all.stream()
                            .filter(link -> link.parentDevice().isEmpty()
                                    && Optional.of(link.mac()).equals(mac))
                            .findFirst());
            Set<String> others = new HashSet<>();
            all.stream().filter(link -> !Optional.of(link).equals(vf)).forEach(link -> others.add(link.name()));
            int index = vf.map(Link::index).orElse(-1);
            Set<Route> routes = new HashSet<>();
            Set<String> taken = new HashSet<>();
            for (Links.LinkRoute route : links.routes()) {
                if (route.linkIndex() == index) {
                    routes.add(route.route());
                } else if (route.route().isDefault()) {
                    taken.add(route.route().destination());
                }
            }
            return new PodLinks(vf.map(link -> inPod(link, links.addresses(link), routes)), others, taken);
        } catch (LinuxException e) {
            if (!(e.is(Errno.ENOENT) || e.is(Errno.ESRCH) || e.is(Errno.EINVAL))) {
                throw e; // out of memory or descriptors, and not gone
            }
            LOG.debug("the namespace {} cannot be entered", netns, e);
            return NONE;
        }
    }

    private static Place.InPod inPod(Link link, Links.Addresses addresses, Set<Route> routes) {
        return new Place.InPod(link, addresses.used(), addresses.duplicates(), addresses.isAsking(), routes);
    }

    private static boolean isVf(Link link, PciAddress pci) {
        return link.parentDevice().equals(Optional.of(pci.value()))
                || OwnerMark.markedVf(link.alias()).equals(Optional.of(pci));
    }
}
