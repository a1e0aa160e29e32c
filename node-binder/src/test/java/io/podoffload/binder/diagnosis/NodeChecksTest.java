package io.podoffload.binder.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.nic.Eswitch;
import io.podoffload.binder.nic.Netdev;
import io.podoffload.binder.nic.TcOffload;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each fault is found by its check, and by no other. */
class NodeChecksTest {

    private final Facts facts = new Facts();

    private void assertFound(Class<?> check, String evidence) {
        assertThat(Checks.ofNode(facts.node())).singleElement().satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(check.getSimpleName());
            assertThat(finding.evidence()).contains(evidence);
            assertThat(finding.cure()).isNotBlank();
        });
    }

    @Test
    void whereAllIsWellNothingIsFound() {
        assertThat(Checks.ofNode(facts.node())).isEmpty();
    }

    @Test
    void noPf() {
        assertThat(Checks.ofNode(facts.withoutPf())).extracting(Finding::check).containsExactly("NoPfWithSriov");
    }

    @Test
    void hwOffloadUnset() {
        facts.otherConfig.remove("hw-offload");
        assertFound(HwOffloadUnset.class, "hw-offload of Open vSwitch is not set");
    }

    @Test
    void hwOffloadSetAfterTheStart() {
        facts.hooks = Set.of();
        assertFound(HwOffloadNotInForce.class, "eth7 is a port that ovs-vswitchd made no tc hook on");
    }

    @Test
    void aUserspaceDatapathHasNoHooks() {
        facts.hooks = Set.of();
        facts.datapathTypes = Set.of("netdev");
        assertThat(Checks.ofNode(facts.node())).isEmpty();
    }

    @Test
    void tcPolicy() {
        facts.otherConfig.put("tc-policy", "skip_hw");
        assertFound(TcPolicy.class, "skip_hw");
        facts.otherConfig.put("tc-policy", "skip_sw");
        assertFound(TcPolicy.class, "skip_sw");
    }

    @Test
    void tcOffloadOffOnUplinkOrRepresentor() {
        facts.uplink = new Netdev("enp3s0f0", 9000, TcOffload.OFF);
        assertFound(TcOffloadOff.class, "hw-tc-offload of enp3s0f0 is off");
        facts.uplink = new Netdev("enp3s0f0", 9000, TcOffload.ON);
        facts.representor = new Netdev("eth7", 9000, TcOffload.OFF);
        assertFound(TcOffloadOff.class, "hw-tc-offload of eth7 is off");
    }

    @Test
    void notSwitchdev() {
        facts.eswitch = Optional.of(new Eswitch(Eswitch.Mode.LEGACY, Optional.empty()));
        assertFound(NotSwitchdev.class, "is in legacy mode");
    }

    @Test
    void dpuHostMode() {
        facts.device = "a2d6";
        facts.eswitch = Optional.empty();
        assertFound(DpuHostMode.class, "BlueField");
    }

    @Test
    void oldKernel() {
        facts.kernel = "5.4.0-150-generic";
        assertFound(OldKernel.class, "5.4.0");
        facts.kernel = "5.7.0";
        assertThat(Checks.ofNode(facts.node())).isEmpty();
    }

    @Test
    void networkManager() {
        facts.managed = Set.of("eth2", "wlan0");
        assertFound(NetworkManagerManagesVfs.class, "manages eth2");
    }

    @Test
    void mtu() {
        facts.representor = new Netdev("eth7", 9600, TcOffload.ON);
        assertFound(SmallMtu.class, "the MTU of eth7 is 9600, that of its uplink enp3s0f0 9000");
    }

    @Test
    void portNotOpened() {
        facts.interfaces.add(Facts.port("gone", -1, "No such device", "b.default"));
        assertFound(PortNotOpened.class, "could not open gone, the port of b.default: No such device");
    }

    @Test
    void ifaceIdTwice() {
        facts.interfaces.add(Facts.port("eth8", 4, "", "a.default"));
        assertFound(IfaceIdTwice.class, "a.default is on several interfaces: eth7, eth8");
    }
}
