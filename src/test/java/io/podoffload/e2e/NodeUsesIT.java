package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.nic.Netdev;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.TcOffload;
import io.podoffload.binder.nic.Use;
import io.podoffload.binder.nic.VirtualFunction;
import io.podoffload.binder.ovs.OvsConfiguration;
import io.podoffload.binder.prepare.NodeUses;
import io.podoffload.sim.OpenVSwitch;
import io.podoffload.sim.Programs;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who uses a PF, on a node as its owner set it up by {@code ip} and {@code ovs-vsctl}: nothing of that may be cut. */
class NodeUsesIT {

    private final Links host = Links.ofHost();

    @BeforeEach
    void makeTwoUplinksAndAVf() {
        for (String name : List.of("upl0", "upl1", "vf0")) {
            Programs.run("ip", "link", "add", name, "type", "veth", "peer", "name", name + "w");
            Programs.run("ip", "link", "set", name, "up");
            Programs.run("ip", "link", "set", name + "w", "up");
        }
    }

    @AfterEach
    void remove() {
        host.close();
        for (String name : List.of("upl0", "upl1", "vf0")) {
            Programs.run("ip", "link", "del", name);
        }
    }

    private List<Use.Kind> uses(Optional<OvsConfiguration> ovs) {
        PhysicalFunction pf = new PhysicalFunction(
                new PciAddress("0000:03:00.0"),
                "15b3",
                "101d",
                Optional.of("mlx5_core"),
                Optional.of(new Netdev("upl0", 1500, TcOffload.OFF)),
                127,
                Optional.empty(),
                Optional.empty(),
                List.of(new VirtualFunction(
                        0,
                        new PciAddress("0000:03:00.2"),
                        Optional.of("mlx5_core"),
                        Optional.of("vf0"),
                        Optional.empty())));
        return new NodeUses(host, Map::of, () -> ovs)
                .of(pf).stream().map(Use::kind).sorted().toList();
    }

    private List<Use.Kind> uses() {
        return uses(Optional.empty());
    }

    private static void ip(String arguments) {
        Programs.run(("ip " + arguments).split(" "));
    }

    @Test
    void anUplinkThatOnlyIsUpIsFree() {
        assertThat(uses()).isEmpty();
    }

    @Test
    void aDefaultRouteOfSeveralNextHopsGoesByEachOfThem() {
        ip("address add 198.51.100.10/31 dev upl0");
        ip("address add 198.51.100.12/31 dev upl1");
        ip("route add default nexthop via 198.51.100.11 dev upl0 nexthop via 198.51.100.13 dev upl1");

        assertThat(uses()).contains(Use.Kind.DEFAULT_ROUTE);
    }

    @Test
    void aDefaultRouteOfIpv6DoesToo() {
        ip("address add fd00:1::10/64 dev upl0 nodad");
        ip("address add fd00:2::10/64 dev upl1 nodad");
        ip("-6 route add default nexthop via fd00:1::1 dev upl0 nexthop via fd00:2::1 dev upl1");

        assertThat(uses()).contains(Use.Kind.DEFAULT_ROUTE);
    }

    @Test
    void aDefaultRouteByAGroupOfNextHopsDoesToo() {
        ip("address add 198.51.100.10/31 dev upl0");
        ip("address add 198.51.100.12/31 dev upl1");
        ip("nexthop add id 18 via 198.51.100.11 dev upl0");
        ip("nexthop add id 19 via 198.51.100.13 dev upl1");
        ip("nexthop add id 20 group 18/19");
        ip("route add default nhid 20");

        assertThat(uses()).contains(Use.Kind.DEFAULT_ROUTE);
        ip("nexthop flush");
    }

    @Test
    void aDefaultRouteOfAPolicyDoesToo() {
        ip("address add 198.51.100.10/31 dev upl0");
        ip("route add default via 198.51.100.11 dev upl0 table 100");

        assertThat(uses()).contains(Use.Kind.DEFAULT_ROUTE);
    }

    @Test
    void anyAddressOfAnUplinkOrOfAVfIsAUse() {
        ip("address add 192.0.2.5/24 dev upl0");
        ip("address add 192.168.9.9/24 dev vf0");

        assertThat(uses()).containsExactly(Use.Kind.OF_HOST, Use.Kind.ADDRESS);
    }

    @Test
    void whatStandsOnThemIsAUse() {
        ip("link add br6 type bridge");
        ip("link add br7 type bridge");
        ip("link set upl0 master br6");
        ip("link set vf0 master br7");

        assertThat(uses()).containsExactly(Use.Kind.OF_HOST, Use.Kind.MEMBER);
        ip("link del br6");
        ip("link del br7");
    }

    /** As where each uplink speaks BGP to the host. */
    @Test
    void anAddressOfTunnelsThatIsOnNoNicMayGoByAnyUplinkWithARoute(@TempDir Path folder) throws Exception {
        try (OpenVSwitch ovs = new OpenVSwitch(folder.resolve("ovs"))) {
            ip("address add 192.0.2.77/32 dev lo");
            ovs.vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-encap-ip=192.0.2.77");
            assertThat(uses(OvsConfiguration.read(ovs.socket())))
                    .as("upl0 leads nowhere")
                    .isEmpty();

            ip("-6 route add fd00:77::/64 via fe80::1 dev upl0");
            assertThat(uses(OvsConfiguration.read(ovs.socket()))).containsExactly(Use.Kind.TUNNEL_ADDRESS);
        } finally {
            ip("address del 192.0.2.77/32 dev lo");
        }
    }

    @Test
    void bondsAndTunnelAddressesOfOpenVSwitchAreSeen(@TempDir Path folder) throws Exception {
        ip("address add 192.0.2.10/24 dev upl0");
        ip("address add fd00:10::5/64 dev upl0 nodad");
        try (OpenVSwitch ovs = new OpenVSwitch(folder.resolve("ovs"))) {
            ovs.vsctl("add-br", "br-ex");
            ovs.vsctl("add-bond", "br-ex", "bond0", "upl0", "upl1");
            ovs.vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-encap-ip=\"198.51.100.1,192.0.2.10\"");
            assertThat(uses(OvsConfiguration.read(ovs.socket())))
                    .contains(Use.Kind.IN_BRIDGE, Use.Kind.TUNNEL_ADDRESS, Use.Kind.ADDRESS);

            ovs.vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-encap-ip=\"fd00:10::5\"");
            assertThat(uses(OvsConfiguration.read(ovs.socket())))
                    .as("an address of IPv6, in whatever form")
                    .contains(Use.Kind.TUNNEL_ADDRESS);
        }
    }
}
