package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
import io.podoffload.sim.SimulatedCluster.Printed;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Preparation as the chart installs it, with the rights that the chart gives; what it does to a NIC is proved in the lab. */
class PreparationIT {

    @RegisterExtension
    static final OneNode NODE = new OneNode(
            "preparation", SimulatedCluster.Options.DEFAULT.withValues("""
                            nodePreparation: {enabled: true, pfs: [{netdev: enp3s0f0, vfs: 4, mtu: 1500, networkManager: unmanaged}]}
                            doctor: {enabled: true}
                            """).with(Map.of("pod-offload.resync", "1s")));

    private final SimulatedCluster cluster = NODE.cluster();

    private static void assertSaid(SimulatedCluster cluster, String status, String reason, String words) {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(cluster.client()
                                .nodes()
                                .withName(SimulatedCluster.NODE)
                                .get()
                                .getStatus()
                                .getConditions())
                        .filteredOn(condition -> condition.getType().equals("pod-offload.io/prepared"))
                        .singleElement()
                        .satisfies(condition -> {
                            assertThat(condition.getStatus()).isEqualTo(status);
                            assertThat(condition.getReason()).isEqualTo(reason);
                            assertThat(condition.getMessage()).contains(words);
                        })
                        .extracting(NodeCondition::getLastTransitionTime)
                        .isNotNull());
    }

    @Test
    void whatTheNodeIsNotIsToldByItsConditionAndAnEvent() {
        assertSaid(cluster, "False", "NotPrepared", "the udev rules for NetworkManager are not written");

        Printed prepared = cluster.runBinderCommandAs("pod-offload-node-binder", "prepare", "--best-effort");

        assertThat(prepared.text())
                .contains("wrote the udev rules that keep NetworkManager from VFs", "PF 0000:03:00.0: nothing to do");
        assertThat(prepared.exitCode()).isZero();
        assertSaid(cluster, "True", "Prepared", "are as pod-offload.prepare asks");

        Programs.run("ip", "link", "set", "enp3s0f0", "mtu", "1400");
        try {
            assertSaid(
                    cluster,
                    "False",
                    "NotPrepared",
                    "PF 0000:03:00.0 (enp3s0f0) wants to set the MTU of its uplink to 1500");
        } finally {
            Programs.run("ip", "link", "set", "enp3s0f0", "mtu", "1500");
        }
        assertSaid(cluster, "True", "Prepared", "are as pod-offload.prepare asks");
        assertThat(cluster.client().v1().events().inNamespace("default").list().getItems())
                .filteredOn(event -> "Node".equals(event.getInvolvedObject().getKind()))
                .extracting(Event::getReason)
                .as("the second Prepared is counted")
                .containsExactly("NotPrepared", "Prepared", "NotPrepared");
    }

    @Test
    void aNodeThatIsPausedIsNotPreparedWhenItStarts() {
        annotateNode("INC-42");
        try {
            Printed atStart = cluster.runBinderCommandAs("pod-offload-node-binder", "prepare", "--best-effort");

            assertThat(atStart.exitCode()).isZero();
            assertThat(atStart.error())
                    .contains(
                            "nothing was prepared: Node node1 has the annotation pod-offload.io/paused: 'INC-42'; take it"
                                    + " away, and delete the node-binder pod of this node");
            assertThat(cluster.runBinderCommandAs("pod-offload-node-binder", "prepare")
                            .text())
                    .contains("PF 0000:03:00.0: nothing to do");
        } finally {
            annotateNode("false");
        }
    }

    /** By a default route of IPv6 with two next hops, in the table of a policy. */
    @Test
    void aNicThatCarriesTheNodeIsNotTouched() {
        Programs.run("ip", "link", "set", "enp3s0f0", "mtu", "1400", "up");
        Programs.run(("ip -6 route add default table 100 nexthop via fe80::1 dev enp3s0f0"
                        + " nexthop via fe80::2 dev enp3s0f0")
                .split(" "));
        try {
            assertThat(cluster.runBinderCommandAs("pod-offload-node-binder", "prepare", "--plan")
                            .text())
                    .contains("the node's default route goes by enp3s0f0");
            assertThat(Programs.run("ip", "link", "show", "enp3s0f0")).contains("mtu 1400");
        } finally {
            Programs.run("ip", "-6", "route", "flush", "table", "100");
            Programs.run("ip", "link", "set", "enp3s0f0", "mtu", "1500");
        }
    }

    private void annotateNode(String value) {
        cluster.annotateNode("pod-offload.io/paused", value);
    }

    @Test
    void theDoctorOfTheChartMayLookAtAllItLooksAt() {
        Printed printed = cluster.runBinderCommandAs("pod-offload-doctor", "doctor", "--cluster");

        assertThat(printed.text()).contains("✗ NoSubnet", "✓ each NetworkAttachmentDefinition names its resource");
        assertThat(cluster.api().denied()).isEmpty();
    }
}
