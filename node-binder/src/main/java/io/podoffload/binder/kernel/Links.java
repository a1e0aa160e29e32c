package io.podoffload.binder.kernel;

import static io.podoffload.binder.kernel.NetlinkMessage.NLM_F_CREATE;
import static io.podoffload.binder.kernel.NetlinkMessage.NLM_F_REPLACE;

import com.google.common.net.InetAddresses;
import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.MacAddress;
import io.podoffload.binder.binding.Route;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The links, addresses and routes of one network namespace: rtnetlink(7).
 *
 * <p>Constants carry the names of linux/if_link.h, linux/if_addr.h and linux/rtnetlink.h.
 */
public final class Links implements AutoCloseable {

    private static final int RTM_NEWLINK = 16;
    private static final int RTM_GETLINK = 18;
    private static final int RTM_SETLINK = 19;
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_DELADDR = 21;
    private static final int RTM_GETADDR = 22;
    private static final int RTM_NEWROUTE = 24;
    private static final int RTM_GETROUTE = 26;

    private static final int IFINFOMSG = 16;
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_LINK = 5;
    private static final int IFLA_MASTER = 10;
    private static final int IFLA_IFALIAS = 20;
    private static final int IFLA_VFINFO_LIST = 22;
    private static final int IFLA_VF_INFO = 1;
    private static final int IFLA_VF_MAC = 1;
    private static final int IFLA_NET_NS_FD = 28;
    private static final int IFLA_EXT_MASK = 29;
    private static final int IFLA_LINK_NETNSID = 37;
    private static final int IFLA_PERM_ADDRESS = 54;
    private static final int IFLA_PARENT_DEV_NAME = 56;
    private static final int RTEXT_FILTER_VF_SKIP_STATS = 1 | 1 << 3;
    private static final int IFF_UP = 1;
    private static final int IFF_LOOPBACK = 1 << 3;
    private static final int IFF_NOARP = 1 << 7;

    private static final int IFADDRMSG = 8;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_F_NODAD = 0x02;
    private static final int IFA_F_DADFAILED = 0x08;
    private static final int IFA_F_TENTATIVE = 0x40;

    private static final int RTM_GETQDISC = 38;
    private static final int TCMSG = 20;
    private static final int TCA_KIND = 1;

    private static final int RTMSG = 12;
    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_GATEWAY = 5;
    private static final int RTA_MULTIPATH = 9;
    private static final int RTA_TABLE = 15;
    private static final int RTA_VIA = 18;
    private static final int RTNEXTHOP = 8;
    private static final int RT_TABLE_LOCAL = 255;
    private static final int RT_TABLE_MAIN = 254;
    private static final int RTPROT_STATIC = 4;
    private static final int RTN_UNICAST = 1;
    private static final int RT_SCOPE_LINK = 253;

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    private final NetlinkSocket socket;

    Links(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Those of the namespace that the calling thread is in, which is the host's. */
    public static Links ofHost() {
        return new Links(NetlinkSocket.open(LibC.NETLINK_ROUTE));
    }

    public List<Link> all() {
        return socket.dump("list links", RTM_GETLINK, ifinfo(0, 0, 0)).stream()
                .map(Links::link)
                .toList();
    }

    /** The link called {@code name}, if there is one. */
    public Optional<Link> named(String name) {
        byte[] body = new AttributeWriter()
                .header(ifinfo(0, 0, 0))
                .string(IFLA_IFNAME, name)
                .toByteArray();
        try {
            return socket.get("find link " + name, RTM_GETLINK, body).stream()
                    .map(Links::link)
                    .findFirst();
        } catch (LinuxException e) {
            if (e.is(Errno.ENODEV)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The link with this ifindex, if there is one; an index outlives every renaming. */
    public Optional<Link> byIndex(int index) {
        try {
            return socket.get("find link " + index, RTM_GETLINK, ifinfo(index, 0, 0)).stream()
                    .map(Links::link)
                    .findFirst();
        } catch (LinuxException e) {
            if (e.is(Errno.ENODEV)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The link itself and all that stand on it: its bond or bridge, VLANs and the like, and theirs. */
    public Set<Integer> standingOn(int index) {
        Map<Integer, Set<Integer>> below = new HashMap<>();
        Map<Integer, Integer> lowers = new HashMap<>();
        for (NetlinkMessage message : socket.dump("list links", RTM_GETLINK, ifinfo(0, 0, 0))) {
            int link = message.buffer().getInt(4);
            Attributes attributes = message.attributes(IFINFOMSG);
            attributes
                    .u32(IFLA_MASTER)
                    .ifPresent(master -> below.computeIfAbsent(master, any -> new HashSet<>())
                            .add(link));
            boolean lowerIsHere = attributes.u32(IFLA_LINK_NETNSID).isEmpty();
            attributes.u32(IFLA_LINK).ifPresent(lower -> {
                if (lowerIsHere) {
                    lowers.put(link, lower);
                }
            });
        }
        lowers.forEach((link, lower) -> {
            if (!Integer.valueOf(link)
                    .equals(lowers.get(lower))) { // else both ends of a pair, of which neither stands on the other
                below.computeIfAbsent(link, any -> new HashSet<>()).add(lower);
            }
        });
        Set<Integer> above = new HashSet<>(Set.of(index));
        boolean grows = true;
        while (grows) {
            grows = false;
            for (Map.Entry<Integer, Set<Integer>> entry : below.entrySet()) {
                if (entry.getValue().stream().anyMatch(above::contains)) {
                    grows |= above.add(entry.getKey());
                }
            }
        }
        return above;
    }

    /** The loopback link, dummies and others that resolve no neighbours: their packets leave by another link. */
    public List<Link> withoutNeighbours() {
        return socket.dump("list links", RTM_GETLINK, ifinfo(0, 0, 0)).stream()
                .filter(message -> (message.buffer().getInt(8) & (IFF_LOOPBACK | IFF_NOARP)) != 0)
                .map(Links::link)
                .toList();
    }

    public void setUp(Link link) {
        socket.change("set " + link.name() + " up", RTM_NEWLINK, 0, ifinfo(link.index(), IFF_UP, IFF_UP));
    }

    public void setDown(Link link) {
        socket.change("set " + link.name() + " down", RTM_NEWLINK, 0, ifinfo(link.index(), 0, IFF_UP));
    }

    public void setMtu(Link link, int mtu) {
        set("set MTU " + mtu + " on " + link.name(), link, writer -> writer.u32(IFLA_MTU, mtu));
    }

    public void setMac(Link link, MacAddress mac) {
        set("set MAC " + mac + " on " + link.name(), link, writer -> writer.bytes(IFLA_ADDRESS, mac.bytes()));
    }

    /** Kernels before 6.2 rename only a link that is down. */
    public void rename(Link link, String name) {
        set("rename " + link.name() + " to " + name, link, writer -> writer.string(IFLA_IFNAME, name));
    }

    /** An empty alias removes it. */
    public void setAlias(Link link, String alias) {
        set("set alias of " + link.name(), link, writer -> writer.string(IFLA_IFALIAS, alias));
    }

    /**
     * Moves a link into another namespace, under a new name, with MTU and MAC, in one request: so its old name cannot
     * clash there, and nobody sees it half made. The kernel moves first, though: a new name that is taken there is
     * refused when the link is in the other namespace already, under its old name.
     */
    public void move(Link link, NetworkNamespace target, String name, int mtu, MacAddress mac) {
        set(
                "move " + link.name() + " into the pod as " + name,
                link,
                writer -> writer.u32(IFLA_NET_NS_FD, target.descriptor())
                        .string(IFLA_IFNAME, name)
                        .u32(IFLA_MTU, mtu)
                        .bytes(IFLA_ADDRESS, mac.bytes()));
    }

    /**
     * A PF as far as one of its VFs is concerned.
     *
     * @param adminMac the MAC that the PF keeps for the VF, where the driver has such
     */
    public record Uplink(int mtu, Optional<MacAddress> adminMac) {}

    /** The PF with this ifindex and its VF number {@code vf}, by one request. */
    public Optional<Uplink> uplink(int index, int vf) {
        byte[] body = new AttributeWriter()
                .header(ifinfo(index, 0, 0))
                .u32(IFLA_EXT_MASK, RTEXT_FILTER_VF_SKIP_STATS)
                .toByteArray();
        try {
            return socket.get("read VF " + vf + " of link " + index, RTM_GETLINK, body).stream()
                    .map(message -> {
                        Attributes attributes = message.attributes(IFINFOMSG);
                        return new Uplink(attributes.u32(IFLA_MTU).orElse(0), adminMac(attributes, vf));
                    })
                    .findFirst();
        } catch (LinuxException e) {
            if (e.is(Errno.ENODEV)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    static Optional<MacAddress> adminMac(Attributes uplink, int vf) {
        return uplink.bytes(IFLA_VFINFO_LIST).stream()
                .flatMap(list -> Attributes.list(list).stream())
                .flatMap(info ->
                        Attributes.read(ByteBuffer.wrap(info).order(ByteOrder.nativeOrder()))
                                .bytes(IFLA_VF_MAC)
                                .stream())
                .filter(entry -> entry.length >= 10
                        && ByteBuffer.wrap(entry).order(ByteOrder.nativeOrder()).getInt() == vf)
                .map(entry -> MacAddress.of(java.util.Arrays.copyOfRange(entry, 4, 10)))
                .findFirst();
    }

    /** {@code struct ifla_vf_mac {u32 vf; u8 mac[32]}} on the PF. */
    public void setAdminMac(Link uplink, int vf, MacAddress mac) {
        byte[] entry = AttributeWriter.number(36).putInt(vf).put(mac.bytes()).array();
        byte[] body = new AttributeWriter()
                .header(ifinfo(uplink.index(), 0, 0))
                .nested(IFLA_VFINFO_LIST, list -> list.nested(IFLA_VF_INFO, info -> info.bytes(IFLA_VF_MAC, entry)))
                .toByteArray();
        socket.change("set MAC " + mac + " of VF " + vf + " on " + uplink.name(), RTM_SETLINK, 0, body);
    }

    /**
     * The addresses of one link.
     *
     * @param used those that the kernel uses, or will when it has asked for duplicates
     * @param duplicates those of IPv6 that it does not use, because another host answered for them (RFC 4862, 5.4)
     * @param isAsking whether it still asks for duplicates of one that it will use
     */
    public record Addresses(Set<InterfaceAddress> used, Set<InterfaceAddress> duplicates, boolean isAsking) {
        public Stream<InterfaceAddress> all() {
            return Stream.concat(used.stream(), duplicates.stream());
        }
    }

    public Addresses addresses(Link link) {
        Set<InterfaceAddress> used = new HashSet<>();
        Set<InterfaceAddress> duplicates = new HashSet<>();
        boolean isAsking = false;
        for (NetlinkMessage message : socket.dump("list addresses", RTM_GETADDR, new byte[IFADDRMSG])) {
            Optional<InterfaceAddress> address = address(message, link.index());
            boolean isDuplicate = (message.buffer().get(2) & IFA_F_DADFAILED) != 0;
            address.ifPresent(isDuplicate ? duplicates::add : used::add);
            isAsking |= address.isPresent() && !isDuplicate && (message.buffer().get(2) & IFA_F_TENTATIVE) != 0;
        }
        return new Addresses(used, duplicates, isAsking);
    }

    static Optional<InterfaceAddress> address(NetlinkMessage message, int linkIndex) {
        Attributes attributes = message.attributes(IFADDRMSG);
        ByteBuffer header = message.buffer();
        int prefix = Byte.toUnsignedInt(header.get(1));
        return header.getInt(4) == linkIndex
                ? attributes
                        .bytes(IFA_LOCAL)
                        .or(() -> attributes.bytes(IFA_ADDRESS))
                        .map(bytes -> address(bytes, prefix))
                : Optional.empty();
    }

    private static InterfaceAddress address(byte[] bytes, int prefix) {
        if (prefix > bytes.length * Byte.SIZE) {
            throw new MalformedNetlinkException("a prefix of " + prefix + " bits in " + bytes.length + " bytes");
        }
        return new InterfaceAddress(text(bytes), prefix);
    }

    /** Adds an address; one of IPv6 without duplicate address detection, since OVN gives each address to one port. */
    public void addAddress(Link link, InterfaceAddress address) {
        socket.change(
                "add " + address + " to " + link.name(),
                RTM_NEWADDR,
                NLM_F_CREATE | NLM_F_REPLACE,
                ifaddr(link, address, address.isIpv6() ? IFA_F_NODAD : 0));
    }

    public void removeAddress(Link link, InterfaceAddress address) {
        socket.change("remove " + address + " from " + link.name(), RTM_DELADDR, 0, ifaddr(link, address, 0));
    }

    private static byte[] ifaddr(Link link, InterfaceAddress address, int flags) {
        byte[] bytes = bytes(address.address());
        byte[] header = AttributeWriter.number(IFADDRMSG)
                .put((byte) family(bytes))
                .put((byte) address.prefixLength())
                .put((byte) flags)
                .put((byte) 0) // scope
                .putInt(link.index())
                .array();
        return new AttributeWriter()
                .header(header)
                .bytes(IFA_LOCAL, bytes)
                .bytes(IFA_ADDRESS, bytes)
                .toByteArray();
    }

    /** A unicast route of the main table, and the index of the link that it goes out by. */
    public record LinkRoute(Route route, int linkIndex) {}

    /** The unicast routes of the main table; one of several next hops comes once for each. */
    public List<LinkRoute> routes() {
        return routes(Set.of(RT_TABLE_MAIN));
    }

    /** The unicast routes of every table but the local one: policies and VRFs have tables of their own. */
    public List<LinkRoute> routesOfAllTables() {
        return routes(Set.of());
    }

    private List<LinkRoute> routes(Set<Integer> tables) {
        return socket.dump("list routes", RTM_GETROUTE, new byte[RTMSG]).stream()
                .flatMap(message -> routes(message, tables).stream())
                .toList();
    }

    /** @param tables none for all */
    static List<LinkRoute> routes(NetlinkMessage message, Set<Integer> tables) {
        Attributes attributes = message.attributes(RTMSG);
        ByteBuffer header = message.buffer();
        int table = attributes.u32(RTA_TABLE).orElse(Byte.toUnsignedInt(header.get(4)));
        boolean wanted = tables.isEmpty() ? table != RT_TABLE_LOCAL : tables.contains(table);
        if (!wanted || Byte.toUnsignedInt(header.get(7)) != RTN_UNICAST) {
            return List.of();
        }
        String any = header.get(0) == AF_INET ? "0.0.0.0" : "::";
        String destination =
                attributes.bytes(RTA_DST).map(Links::text).orElse(any) + "/" + Byte.toUnsignedInt(header.get(1));
        Optional<byte[]> hops = attributes.bytes(RTA_MULTIPATH); // of a group of next hops, too
        if (hops.isPresent()) {
            return nextHops(destination, hops.get());
        }
        String gateway = gateway(attributes);
        return List.of(new LinkRoute(
                new Route(destination, gateway), attributes.u32(RTA_OIF).orElse(0)));
    }

    /** By {@code RTA_VIA} it is of another family than the route: {@code struct rtvia}, a family of 16 bits before the address. */
    private static String gateway(Attributes route) {
        return route.bytes(RTA_GATEWAY)
                .or(() -> route.bytes(RTA_VIA)
                        .filter(via -> via.length > 2)
                        .map(via -> Arrays.copyOfRange(via, 2, via.length)))
                .map(Links::text)
                .orElse("");
    }

    /** {@code struct rtnexthop}, each followed by its attributes. */
    private static List<LinkRoute> nextHops(String destination, byte[] hops) {
        List<LinkRoute> routes = new ArrayList<>();
        ByteBuffer rest = ByteBuffer.wrap(hops).order(ByteOrder.nativeOrder());
        while (rest.remaining() >= RTNEXTHOP) {
            int length = Short.toUnsignedInt(rest.getShort(rest.position()));
            if (length < RTNEXTHOP || length > rest.remaining()) {
                throw new MalformedNetlinkException("a next hop is " + length + " bytes long");
            }
            int link = rest.getInt(rest.position() + 4);
            ByteBuffer attributes =
                    rest.slice(rest.position() + RTNEXTHOP, length - RTNEXTHOP).order(ByteOrder.nativeOrder());
            String gateway = gateway(Attributes.read(attributes));
            routes.add(new LinkRoute(new Route(destination, gateway), link));
            rest.position(rest.position() + Math.min(rest.remaining(), (length + 3) / 4 * 4));
        }
        return routes;
    }

    public void addRoute(Link link, Route route) {
        int slash = route.destination().indexOf('/');
        byte[] destination = bytes(route.destination().substring(0, slash));
        int prefix = Integer.parseInt(route.destination().substring(slash + 1));
        byte[] header = AttributeWriter.number(RTMSG)
                .put((byte) family(destination))
                .put((byte) prefix)
                .put(new byte[2])
                .put((byte) RT_TABLE_MAIN)
                .put((byte) RTPROT_STATIC)
                .put((byte) (route.gateway().isEmpty() ? RT_SCOPE_LINK : 0))
                .put((byte) RTN_UNICAST)
                .putInt(0)
                .array();
        AttributeWriter body = new AttributeWriter().header(header).u32(RTA_OIF, link.index());
        if (prefix > 0) {
            body.bytes(RTA_DST, destination);
        }
        if (!route.gateway().isEmpty()) {
            body.bytes(RTA_GATEWAY, bytes(route.gateway()));
        }
        socket.change(
                "route " + route + " on " + link.name(),
                RTM_NEWROUTE,
                NLM_F_CREATE | NLM_F_REPLACE,
                body.toByteArray());
    }

    /** The links that have a hook for tc rules on what comes in: ovs-vswitchd makes one on each port that it offloads for. */
    public Set<Integer> withIngressHook() {
        Set<Integer> found = new HashSet<>();
        for (NetlinkMessage message : socket.dump("list queueing disciplines", RTM_GETQDISC, new byte[TCMSG])) {
            String kind = message.attributes(TCMSG).string(TCA_KIND).orElse("");
            if (kind.equals("ingress") || kind.equals("clsact")) {
                found.add(message.buffer().getInt(4));
            }
        }
        return found;
    }

    private void set(String operation, Link link, java.util.function.Consumer<AttributeWriter> attributes) {
        AttributeWriter writer = new AttributeWriter().header(ifinfo(link.index(), 0, 0));
        attributes.accept(writer);
        socket.change(operation, RTM_NEWLINK, 0, writer.toByteArray());
    }

    /** {@code struct ifinfomsg {u8 family, pad; u16 type; int index; u32 flags, change}}. */
    private static byte[] ifinfo(int index, int flags, int change) {
        return AttributeWriter.number(IFINFOMSG)
                .putInt(0)
                .putInt(index)
                .putInt(flags)
                .putInt(change)
                .array();
    }

    static Link link(NetlinkMessage message) {
        ByteBuffer header = message.buffer();
        Attributes attributes = message.attributes(IFINFOMSG);
        return new Link(
                header.getInt(4),
                attributes.string(IFLA_IFNAME).orElse(""),
                attributes.u32(IFLA_MTU).orElse(0),
                mac(attributes, IFLA_ADDRESS).orElse(new MacAddress("00:00:00:00:00:00")),
                mac(attributes, IFLA_PERM_ADDRESS),
                (header.getInt(8) & IFF_UP) != 0,
                attributes.string(IFLA_IFALIAS).orElse(""),
                attributes.string(IFLA_PARENT_DEV_NAME));
    }

    /** Other kinds of links have addresses of other lengths. */
    private static Optional<MacAddress> mac(Attributes attributes, int type) {
        return attributes.bytes(type).filter(bytes -> bytes.length == 6).map(MacAddress::of);
    }

    private static int family(byte[] address) {
        return address.length == 4 ? AF_INET : AF_INET6;
    }

    static byte[] bytes(String address) {
        return InetAddresses.forString(address).getAddress();
    }

    /** As RFC 5952 writes it. */
    private static String text(byte[] address) {
        try {
            return InetAddresses.toAddrString(
                    address.length == 16 // else Java makes an IPv4 address of ::ffff:10.0.0.1
                            ? Inet6Address.getByAddress(null, address, -1)
                            : InetAddress.getByAddress(address));
        } catch (UnknownHostException e) {
            throw new MalformedNetlinkException("an address of " + address.length + " bytes");
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
