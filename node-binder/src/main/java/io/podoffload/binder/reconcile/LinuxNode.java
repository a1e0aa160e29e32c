package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.MacAddress;
import io.podoffload.binder.binding.NodeNetwork;
import io.podoffload.binder.binding.OwnerMark;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodInterface;
import io.podoffload.binder.binding.VfIdentity;
import io.podoffload.binder.binding.VfNote;
import io.podoffload.binder.kernel.Errno;
import io.podoffload.binder.kernel.FrameSocket;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.LinuxException;
import io.podoffload.binder.kernel.NetworkNamespace;
import io.podoffload.binder.kernel.NicTopology;
import io.podoffload.binder.ovs.IntegrationBridge;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The plan's door to the real node: netlink and OVSDB. */
public final class LinuxNode implements NodeNetwork {

    private static final Logger LOG = LoggerFactory.getLogger(LinuxNode.class);

    private final Links host;
    private final IntegrationBridge bridge;
    private final VfInventory inventory;

    public LinuxNode(Links host, IntegrationBridge bridge, VfInventory inventory) {
        this.host = host;
        this.bridge = bridge;
        this.inventory = inventory;
    }

    @Override
    public void recordBinding(String representor, OwnerMark mark) {
        bridge.add(representor, mark.externalIds());
    }

    @Override
    public void markVf(String vfName, OwnerMark mark) {
        host.setAlias(link(vfName), mark.alias());
    }

    @Override
    public void noteVf(String representor, VfNote note) {
        host.setAlias(link(representor), note.alias());
    }

    @Override
    public void setAdminMac(PciAddress vf, MacAddress mac) {
        NicTopology.Vf nic = inventory
                .find(vf)
                .orElseThrow(() -> new IllegalStateException(vf + " is no VF any more"))
                .vf();
        try {
            host.setAdminMac(link(nic.uplink()), nic.index(), mac);
        } catch (LinuxException e) {
            if (!e.is(Errno.EOPNOTSUPP)) {
                throw e;
            }
            LOG.debug("{} has no admin MACs", nic.uplink());
        }
    }

    @Override
    public void moveIntoPod(String vfName, String netns, PodInterface target) {
        try (NetworkNamespace pod = NetworkNamespace.open(netns)) {
            host.move(link(vfName), pod, target.name(), target.mtu(), target.mac());
        }
    }

    @Override
    public void configureInPod(String netns, PodInterface target) {
        try (NetworkNamespace pod = NetworkNamespace.open(netns);
                Links links = pod.links()) {
            Link link = links.named(target.name())
                    .orElseThrow(() -> new IllegalStateException("the pod has no interface " + target.name()));
            if (!link.alias().equals(target.alias())) {
                links.setAlias(link, target.alias());
            }
            if (link.mtu() != target.mtu()) {
                links.setMtu(link, target.mtu());
            }
            if (!link.mac().equals(target.mac())) {
                links.setMac(link, target.mac());
            }
            links.setUp(link);
            Links.Addresses present = links.addresses(link);
            target.addresses().stream()
                    .filter(present.duplicates()::contains)
                    .forEach(address -> links.removeAddress(link, address)); // else the kernel never uses it
            target.addresses().stream()
                    .filter(address -> !present.used().contains(address))
                    .forEach(address -> addAddress(pod, links, link, address));
            target.routes().forEach(route -> links.addRoute(link, route));
        }
    }

    private static void addAddress(NetworkNamespace pod, Links links, Link link, InterfaceAddress address) {
        try {
            links.addAddress(link, address);
        } catch (LinuxException e) {
            if (!address.isIpv6() || !e.is(Errno.EACCES)) {
                throw e;
            }
            pod.enableIpv6(link.name());
            links.addAddress(link, address);
        }
    }

    @Override
    public void announce(String netns, PodInterface target, String representor, String stamp) {
        try (NetworkNamespace pod = NetworkNamespace.open(netns);
                Links links = pod.links()) {
            Link link = links.named(target.name())
                    .orElseThrow(() -> new IllegalStateException("the pod has no interface " + target.name()));
            try (FrameSocket frames = pod.frames(link)) {
                target.addresses().forEach(frames::announce);
            }
        }
        bridge.put(representor, Map.of(), Map.of(OwnerMark.ANNOUNCED, stamp));
    }

    @Override
    public void attach(String representor, String ifaceId) {
        bridge.attach(representor, ifaceId);
    }

    @Override
    public void detach(String representor, Map<String, String> expected) {
        bridge.detach(representor, expected);
    }

    @Override
    public void setRepresentorUp(String representor, int mtu) {
        Link link = link(representor);
        if (link.mtu() != mtu) {
            host.setMtu(link, mtu);
        }
        host.setUp(link);
    }

    @Override
    public void setRepresentorDown(String representor) {
        host.setDown(link(representor));
    }

    @Override
    public void markRow(String representor, Map<String, String> expected, Map<String, String> keys) {
        bridge.put(representor, expected, keys);
    }

    @Override
    public void restorePort(String representor, Map<String, String> keys) {
        bridge.restore(representor, keys);
    }

    @Override
    public void resetVf(PciAddress vf, String currentName, VfIdentity identity) {
        Link link = link(currentName);
        host.setDown(link);
        if (!link.name().equals(identity.name())) {
            host.rename(link, identity.name());
        }
        if (link.mtu() != identity.mtu()) {
            host.setMtu(link, identity.mtu());
        }
        if (!link.mac().equals(identity.mac())) {
            host.setMac(link, identity.mac());
        }
        identity.adminMac().ifPresent(mac -> setAdminMac(vf, mac));
        Link after = link(identity.name());
        if (!identity.isShownBy(after)) {
            throw new IllegalStateException("VF " + vf + " was reset to " + identity + " but shows " + after);
        }
        host.setAlias(after, ""); // last: until here it tells a restarted binder what is still to do
    }

    @Override
    public void deletePort(String representor, Map<String, String> expected) {
        bridge.delete(representor, expected);
    }

    private Link link(String name) {
        return host.named(name)
                .orElseThrow(() -> new IllegalStateException("there is no interface " + name + " on the host"));
    }
}
