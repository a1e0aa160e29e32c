package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.MacAddress;
import io.podoffload.binder.binding.Route;
import io.podoffload.binder.kernel.Errno;
import io.podoffload.binder.kernel.FrameSocket;
import io.podoffload.binder.kernel.LinkMonitor;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.LinuxException;
import io.podoffload.binder.kernel.NetworkNamespace;
import io.podoffload.sim.Programs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The binder's netlink against the kernel, seen by the eyes of {@code ip}. */
class LinksIT {

    private static final String POD = "/var/run/netns/links-pod";
    private static final MacAddress MAC = new MacAddress("02:00:00:00:00:aa");

    private final Links host = Links.ofHost();

    @BeforeEach
    void makeALinkAndANamespace() {
        Programs.run("ip", "netns", "add", "links-pod");
        Programs.run("ip", "link", "add", "vf0", "type", "veth", "peer", "name", "rep0");
    }

    @AfterEach
    void remove() {
        host.close();
        Programs.run("ip", "link", "del", "rep0");
        Programs.run("ip", "netns", "del", "links-pod");
    }

    @Test
    void whatIsWrittenIsWhatIpShows() {
        host.setMtu(link("vf0"), 1400);
        host.setMac(link("vf0"), MAC);
        host.setAlias(link("vf0"), "an alias with spaces");
        host.rename(link("vf0"), "vf9");
        host.setUp(link("vf9"));

        assertThat(Programs.run("ip", "link", "show", "vf9"))
                .contains("mtu 1400")
                .contains("link/ether 02:00:00:00:00:aa")
                .contains("alias an alias with spaces")
                .contains("UP");
        host.setAlias(link("vf9"), "");
        host.setDown(link("vf9"));
        assertThat(Programs.run("ip", "link", "show", "vf9"))
                .doesNotContain("alias")
                .doesNotContain(",UP");
    }

    @Test
    void whatIpWritesIsWhatIsRead() {
        Programs.run("ip", "link", "set", "vf0", "mtu", "9000", "address", MAC.value(), "alias", "x", "up");

        Link link = link("vf0");

        assertThat(link.mtu()).isEqualTo(9000);
        assertThat(link.mac()).isEqualTo(MAC);
        assertThat(link.alias()).isEqualTo("x");
        assertThat(link.up()).isTrue();
        assertThat(host.all()).contains(link);
        assertThat(host.named("nothing")).isEmpty();
        assertThat(host.byIndex(link.index())).hasValue(link);
        assertThat(host.byIndex(999_999)).isEmpty();
        assertThat(host.uplink(link.index(), 0))
                .as("a veth has no VFs")
                .hasValue(new Links.Uplink(9000, Optional.empty()));
    }

    @Test
    void aLinkIsMovedRenamedAndSetInOneRequestEvenIfItsOldNameIsTakenThere() {
        Programs.runIn(POD, "ip", "link", "add", "vf0", "type", "veth", "peer", "name", "other0");
        try (NetworkNamespace pod = NetworkNamespace.open(POD);
                Links inside = pod.links()) {
            host.move(link("vf0"), pod, "net1", 1400, MAC);

            Link moved = inside.named("net1").orElseThrow();
            assertThat(moved.mtu()).isEqualTo(1400);
            assertThat(moved.mac()).isEqualTo(MAC);
            assertThat(host.named("vf0")).isEmpty();
        }
    }

    @Test
    void aNameThatIsTakenInThePodIsRefusedButTheKernelHasMovedTheLinkByThen() {
        Programs.runIn(POD, "ip", "link", "add", "net1", "type", "veth", "peer", "name", "other0");
        try (NetworkNamespace pod = NetworkNamespace.open(POD);
                Links inside = pod.links()) {
            assertThatThrownBy(() -> host.move(link("vf0"), pod, "net1", 1400, MAC))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            refusal -> assertThat(refusal.is(Errno.EEXIST)).isTrue())
                    .hasMessageContaining("move vf0 into the pod as net1: File exists");
            assertThat(inside.named("vf0")).isPresent();
        }
    }

    @Test
    void addressesAndRoutesOfBothFamiliesAreSetOnceAndReadBack() {
        try (NetworkNamespace pod = NetworkNamespace.open(POD);
                Links inside = pod.links()) {
            host.move(link("vf0"), pod, "eth0", 1400, MAC);
            Link eth0 = inside.named("eth0").orElseThrow();
            inside.setUp(eth0);
            InterfaceAddress four = new InterfaceAddress("10.16.0.5", 16);
            InterfaceAddress six = new InterfaceAddress("fd00:10:16::5", 112);
            List<Route> routes = List.of(
                    Route.byDefault("10.16.0.1"),
                    Route.byDefault("fd00:10:16::1"),
                    new Route("10.99.0.0/16", "10.16.0.254"));
            for (int twice = 0; twice < 2; twice++) {
                inside.addAddress(eth0, four);
                inside.addAddress(eth0, six);
                routes.forEach(route -> inside.addRoute(eth0, route));
            }

            assertThat(inside.addresses(eth0).used()).contains(four, six);
            assertThat(inside.routes())
                    .filteredOn(route -> route.linkIndex() == eth0.index())
                    .extracting(Links.LinkRoute::route)
                    .containsAll(routes);
            assertThat(Programs.runIn(POD, "ip", "-o", "address", "show", "eth0"))
                    .contains("inet 10.16.0.5/16")
                    .contains("inet6 fd00:10:16::5/112");
            assertThat(Programs.runIn(POD, "ip", "route")).contains("default via 10.16.0.1 dev eth0");
            assertThat(Programs.runIn(POD, "ip", "-6", "route")).contains("default via fd00:10:16::1 dev eth0");
        }
    }

    @Test
    void anIpv6AddressThatAnotherHostHasIsNotUsedUntilItIsAddedWithoutAsking() {
        InterfaceAddress six = new InterfaceAddress("fd00:10:16::7", 112);
        Programs.run("ip", "address", "add", "fd00:10:16::7/112", "dev", "rep0", "nodad");
        Programs.run("ip", "link", "set", "rep0", "up");
        try (NetworkNamespace pod = NetworkNamespace.open(POD);
                Links inside = pod.links()) {
            host.move(link("vf0"), pod, "eth0", 1400, MAC);
            Link eth0 = inside.named("eth0").orElseThrow();
            inside.setUp(eth0);
            Programs.runIn(POD, "ip", "address", "add", "fd00:10:16::7/112", "dev", "eth0");

            Awaitility.await()
                    .untilAsserted(() ->
                            assertThat(inside.addresses(eth0).duplicates()).containsExactly(six));
            assertThat(inside.addresses(eth0).used()).doesNotContain(six);

            inside.removeAddress(eth0, six);
            inside.addAddress(eth0, six);
            assertThat(inside.addresses(eth0).used()).contains(six);
            assertThat(Programs.runIn(POD, "ip", "-6", "address", "show", "eth0"))
                    .containsPattern("fd00:10:16::7/112 scope global nodad")
                    .doesNotContain("dadfailed");
        }
    }

    @Test
    void anAdminMacOnALinkWithoutVfsIsRefusedAsUnsupported() {
        assertThatThrownBy(() -> host.setAdminMac(link("rep0"), 0, MAC))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        refusal -> assertThat(refusal.is(Errno.EOPNOTSUPP)).isTrue());
    }

    @Test
    void aPathThatIsNoNamespaceIsRefused() {
        assertThatThrownBy(() -> NetworkNamespace.open("/var/run/netns/nothing"))
                .hasMessage("open /var/run/netns/nothing: No such file or directory, ENOENT");
        try (NetworkNamespace file = NetworkNamespace.open("/etc/hostname")) {
            assertThatThrownBy(file::links).hasMessageContaining("enter network namespace /etc/hostname");
        }
    }

    @Test
    void aLinkThatComesBackIsTold() {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        try (LinkMonitor monitor = new LinkMonitor(link -> seen.add(link.name()), () -> seen.add("lost"));
                NetworkNamespace pod = NetworkNamespace.open(POD)) {
            assertThat(monitor).isNotNull();
            host.move(link("vf0"), pod, "net1", 1500, MAC);
            Programs.runIn(POD, "ip", "link", "set", "net1", "netns", "1", "name", "dev7");

            Awaitility.await().untilAsserted(() -> assertThat(seen).contains("dev7"));
        }
    }

    @Test
    void afterAnEventThatCannotBeFollowedTheNextIs() {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        try (LinkMonitor monitor = new LinkMonitor(
                link -> {
                    if (link.name().equals("vf0")) {
                        throw new IllegalStateException("not this one");
                    }
                    seen.add(link.name());
                },
                () -> seen.add("lost"))) {
            Programs.run("ip", "link", "set", "vf0", "mtu", "1400");
            Awaitility.await().untilAsserted(() -> assertThat(seen).contains("lost"));

            Programs.run("ip", "link", "set", "rep0", "mtu", "1400");

            Awaitility.await().untilAsserted(() -> assertThat(seen).contains("rep0"));
            assertThat(monitor.silentFor()).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void theThreadThatWorksInAPodsNamespaceLeavesTheOthersWhereTheyAre() {
        String before = Programs.run("readlink", "/proc/1/ns/net");
        try (NetworkNamespace pod = NetworkNamespace.open(POD);
                Links inside = pod.links()) {
            assertThat(inside.all()).extracting(Link::name).containsExactly("lo");
        }
        assertThat(Programs.run("readlink", "/proc/1/ns/net")).isEqualTo(before);
        assertThat(host.named("rep0")).isPresent();
    }

    private Link link(String name) {
        return host.named(name).orElseThrow();
    }

    @Test
    void aPodsAddressesAreAnnouncedByArpAndNeighborDiscovery() throws Exception {
        Programs.run("ip", "link", "set", "vf0", "netns", POD);
        Programs.runIn(POD, "ip", "link", "set", "vf0", "up");
        Programs.run("ip", "link", "set", "rep0", "up");
        Process heard = new ProcessBuilder(
                        "tcpdump", "-Z", "root", "-lnei", "rep0", "-c", "2", "arp or (icmp6 and ip6[40]==136)")
                .redirectErrorStream(true)
                .start();
        var output = heard.inputReader(StandardCharsets.UTF_8);
        while (!output.readLine().contains("listening on")) {}
        try (NetworkNamespace pod = NetworkNamespace.open(POD);
                Links inside = pod.links();
                FrameSocket frames = pod.frames(inside.named("vf0").orElseThrow())) {
            frames.announce(new InterfaceAddress("10.16.0.5", 16));
            frames.announce(new InterfaceAddress("fd00:10:16::5", 112));
        }

        assertThat(output.readLine()).contains("ff:ff:ff:ff:ff:ff").contains("who-has 10.16.0.5 tell 10.16.0.5");
        assertThat(output.readLine()).contains("neighbor advertisement, tgt is fd00:10:16::5");
        heard.waitFor();
    }
}
