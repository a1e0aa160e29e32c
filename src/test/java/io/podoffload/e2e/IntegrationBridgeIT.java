package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podoffload.binder.binding.Port;
import io.podoffload.binder.ovs.IntegrationBridge;
import io.podoffload.binder.ovs.OvsdbException;
import io.podoffload.sim.OpenVSwitch;
import io.podoffload.sim.Programs;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The binder's OVSDB client against a real Open vSwitch. */
@SuppressWarnings("NullAway.Init") // set before the first test
class IntegrationBridgeIT {

    private static OpenVSwitch ovs;

    private final Set<String> changed = ConcurrentHashMap.newKeySet();
    private final AtomicInteger doubts = new AtomicInteger();
    private IntegrationBridge bridge;

    @BeforeAll
    static void start() {
        ovs = new OpenVSwitch(Path.of("/run/bridge-it"));
        ovs.vsctl("add-br", "br-int", "--", "set", "bridge", "br-int", "datapath_type=netdev");
    }

    @AfterAll
    static void stop() {
        ovs.close();
    }

    @BeforeEach
    void makeARepresentor() {
        Programs.run("ip", "link", "add", "rep0", "type", "veth", "peer", "name", "vf0");
        bridge = connect("br-int");
    }

    private IntegrationBridge connect(String name) {
        return new IntegrationBridge(
                JsonMapper.shared(), ovs.socket(), name, port -> changed.add(port.name()), doubts::incrementAndGet);
    }

    @AfterEach
    void remove() {
        bridge.close();
        ovs.ports().forEach(port -> ovs.vsctl("del-port", "br-int", port));
        Programs.run("ip", "link", "del", "rep0");
    }

    @Test
    void aPortIsAddedWithItsKeysAndVswitchdOpensIt() {
        bridge.add("rep0", Map.of("k", "v"));

        assertThat(bridge.port("rep0").orElseThrow().externalIds()).isEqualTo(Map.of("k", "v"));
        assertThat(ovs.ports()).containsExactly("rep0");
        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(bridge.port("rep0").orElseThrow().ofport()).isPositive());
        assertThat(changed).contains("rep0");
    }

    @Test
    void addingItTwiceIsRefusedInTheDatabasesWords() {
        bridge.add("rep0", Map.of());

        assertThatThrownBy(() -> bridge.add("rep0", Map.of()))
                .isInstanceOf(OvsdbException.class)
                .hasMessageContaining("add port rep0: constraint violation");
    }

    @Test
    void aPortOnABridgeThatIsNotThereIsRefusedAndNotLost() {
        try (IntegrationBridge elsewhere = connect("br-none")) {
            bridge.close();
            Awaitility.await().until(elsewhere::holdsLock);
            assertThatThrownBy(() -> elsewhere.add("rep0", Map.of())).isInstanceOf(OvsdbException.NoBridge.class);
        }
        bridge = connect("br-int");
        assertThat(bridge.port("rep0")).isEmpty();
    }

    @Test
    void aNetdevThatIsNotThereShowsAsFailed() {
        bridge.add("nothing0", Map.of());

        Awaitility.await().untilAsserted(() -> {
            Port port = bridge.port("nothing0").orElseThrow();
            assertThat(port.failed()).isTrue();
            assertThat(port.error()).contains("No such device");
        });
    }

    @Test
    void anIfaceIdComesAndGoesAndIsNeverOnTwoPorts() {
        bridge.add("rep0", Map.of("k", "v"));
        bridge.attach("rep0", "p.ns");
        assertThat(ovs.externalIds("rep0")).isEqualTo(Map.of("k", "v", "iface-id", "p.ns"));
        assertThat(bridge.withExternalId("iface-id", "p.ns"))
                .extracting(Port::name)
                .containsExactly("rep0");

        bridge.add("other0", Map.of());
        assertThatThrownBy(() -> bridge.attach("other0", "p.ns")).isInstanceOf(OvsdbException.Conflict.class);

        bridge.detach("rep0", Map.of("k", "v"));
        assertThat(ovs.externalIds("rep0")).isEqualTo(Map.of("k", "v"));
        bridge.attach("other0", "p.ns");
    }

    @Test
    void keysAreOverwrittenOnlyWhileTheRowIsWhatWasExpected() {
        bridge.add("rep0", Map.of("k", "v"));

        bridge.put("rep0", Map.of("k", "v"), Map.of("k", "w", "more", "x"));

        assertThat(ovs.externalIds("rep0")).isEqualTo(Map.of("k", "w", "more", "x"));
        assertThatThrownBy(() -> bridge.put("rep0", Map.of("k", "v"), Map.of("k", "z")))
                .isInstanceOf(OvsdbException.Conflict.class);
    }

    @Test
    void aPortIsDeletedOnlyWhileItIsOursAndDeletingItTwiceIsFine() {
        bridge.add("rep0", Map.of("owner", "us"));

        assertThatThrownBy(() -> bridge.delete("rep0", Map.of("owner", "them")))
                .isInstanceOf(OvsdbException.Conflict.class);
        bridge.delete("rep0", Map.of("owner", "us"));
        bridge.delete("rep0", Map.of("owner", "us"));

        assertThat(ovs.ports()).isEmpty();
        assertThat(bridge.port("rep0")).isEmpty();
    }

    @Test
    void whatOthersChangeIsSeen() {
        bridge.add("rep0", Map.of());
        changed.clear();

        ovs.vsctl("set", "Interface", "rep0", "external_ids:ovn-installed=true");

        Awaitility.await().untilAsserted(() -> {
            assertThat(bridge.port("rep0").orElseThrow().installedByOvn()).isTrue();
            assertThat(changed).contains("rep0");
        });
        ovs.vsctl("del-port", "br-int", "rep0");
        Awaitility.await().untilAsserted(() -> assertThat(bridge.port("rep0")).isEmpty());
    }

    @Test
    void aServerThatRestartsIsFoundAgain() {
        bridge.add("rep0", Map.of("k", "v"));

        ovs.stopDatabase();
        Awaitility.await().untilAsserted(() -> assertThat(doubts).hasValue(1));
        assertThatThrownBy(() -> bridge.port("rep0"))
                .isInstanceOf(OvsdbException.Disconnected.class)
                .hasMessageContaining("cannot connect to ovsdb-server at /run/bridge-it/db.sock");
        ovs.startDatabase();

        assertThat(bridge.port("rep0").orElseThrow().externalIds()).isEqualTo(Map.of("k", "v"));
    }

    @Test
    void ofTwoBindersOnlyTheOneThatHoldsTheLockCanChangeAnything() {
        bridge.add("rep0", Map.of("k", "v"));
        try (IntegrationBridge second = connect("br-int")) {
            assertThat(second.holdsLock()).isFalse();
            assertThat(second.port("rep0")).as("it watches").isPresent();
            assertThatThrownBy(() -> second.put("rep0", Map.of(), Map.of("k", "w")))
                    .isInstanceOf(OvsdbException.NotOwner.class);

            int before = doubts.get();
            bridge.close();

            Awaitility.await().until(second::holdsLock);
            assertThat(doubts.get()).as("it is told to look at everything").isGreaterThan(before);
            second.put("rep0", Map.of(), Map.of("k", "w"));
        }
        assertThat(ovs.externalIds("rep0")).containsEntry("k", "w");
    }

    @Test
    void valuesThatComeAndChangeAndGoAreFollowed() {
        bridge.add("later0", Map.of("stays", "1", "changes", "1", "goes", "1"));
        Awaitility.await().until(() -> bridge.port("later0").orElseThrow().ofport() == -1);

        Programs.run("ip", "link", "add", "later0", "type", "veth", "peer", "name", "later1");
        ovs.vsctl("set", "Interface", "later0", "external_ids:changes=2", "external_ids:comes=2");
        ovs.vsctl("remove", "Interface", "later0", "external_ids", "goes");

        Awaitility.await().untilAsserted(() -> {
            Port port = bridge.port("later0").orElseThrow();
            assertThat(port.ofport()).isPositive();
            assertThat(port.error()).isEmpty();
            assertThat(port.driver()).isEqualTo("veth");
            assertThat(port.externalIds()).isEqualTo(Map.of("stays", "1", "changes", "2", "comes", "2"));
        });
        Programs.run("ip", "link", "set", "later0", "up");
        Programs.run("ip", "link", "set", "later1", "up");
        Awaitility.await().until(() -> bridge.port("later0").orElseThrow().adminUp());
        Programs.run("ip", "link", "del", "later0");
    }

    @Test
    void aSwitchThatDoesNotFollowIsSeen() {
        ovs.pauseSwitch();
        try {
            bridge.add("rep0", Map.of());

            assertThat(bridge.status().lag()).isPositive();
            assertThat(bridge.port("rep0").orElseThrow().ofport()).isZero();
        } finally {
            ovs.resumeSwitch();
        }
        Awaitility.await().untilAsserted(() -> assertThat(bridge.status().lag()).isZero());
    }
}
