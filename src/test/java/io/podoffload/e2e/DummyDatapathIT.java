package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.offload.Flow;
import io.podoffload.binder.offload.FlowSample;
import io.podoffload.binder.offload.OffloadVerdict;
import io.podoffload.binder.offload.Traffic;
import io.podoffload.binder.ovs.Unixctl;
import io.podoffload.sim.OpenVSwitch;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is said of the flows of a real ovs-vswitchd that gives them to a NIC, where the NIC is the one that Open vSwitch brings for
 * its own tests: it takes flows that only output, marks the packets of all others, and counts like any NIC.
 */
class DummyDatapathIT {

    private static final int PACKETS = 20;
    private static final int LENGTH = 106;

    private OpenVSwitch ovs;
    private Unixctl vswitchd;

    @BeforeEach
    void startOpenVSwitch(@TempDir Path directory) {
        ovs = new OpenVSwitch(directory.resolve("ovs"), OpenVSwitch.Datapath.DUMMY);
        vswitchd = new Unixctl(directory.resolve("ovs"));
    }

    @AfterEach
    void stop() {
        ovs.close();
    }

    /** A bridge with the representors of two pods, on a netdev of {@code type}, and what happens to the packets of each. */
    private void connect(String type, String fromFirst, String fromSecond) {
        // each packet is a program of its own: on a busy machine a flow must not expire between two of them
        ovs.vsctl("set", "Open_vSwitch", ".", "other_config:max-idle=600000");
        ovs.vsctl("add-br br-int -- set bridge br-int datapath-type=dummy fail-mode=secure".split(" "));
        for (int number = 1; number <= 2; number++) {
            ovs.vsctl(
                    "add-port br-int rep%1$d -- set interface rep%1$d type=%2$s ofport_request=%1$d options:ifindex=110%1$d"
                            .formatted(number, type)
                            .split(" "));
        }
        ovs.ofctl("add-flow", "br-int", "in_port=1,actions=" + fromFirst);
        ovs.ofctl("add-flow", "br-int", "in_port=2,actions=" + fromSecond);
    }

    private FlowSample sample() {
        FlowSample sample = new FlowSample(Set.of("rep1", "rep2"));
        vswitchd.dumpFlows(sample::add);
        assertThat(sample.malformed()).isZero();
        return sample;
    }

    private void send(String representor, int packets) {
        for (int packet = 0; packet < packets; packet++) {
            boolean first = representor.equals("rep1");
            ovs.appctl(
                    "netdev-dummy/receive",
                    representor,
                    ("in_port(1),packet_type(ns=0,id=0),eth(src=00:06:07:08:09:0%d,dst=00:06:07:08:09:0%d),eth_type(0x0800),"
                                    + "ipv4(src=10.0.0.%d,dst=10.0.0.%d,proto=17,tos=0,ttl=64,frag=no),udp(src=54392,dst=5201)")
                            .formatted(first ? 1 : 2, first ? 2 : 1, first ? 1 : 2, first ? 2 : 1),
                    "--len",
                    Integer.toString(LENGTH));
        }
    }

    /** The first packet of each flow goes by the CPU and makes the flow, which {@code hardware} of them go into the NIC. */
    private void talkUntilFlowsAreThere(int hardware, int software) {
        send("rep1", 1);
        send("rep2", 1);
        Awaitility.await()
                .untilAsserted(() -> assertThat(sample().counts().entrySet())
                        .as("flows by who forwards their packets")
                        .filteredOn(count -> count.getValue() > 0)
                        .containsExactlyInAnyOrderElementsOf(counts(hardware, software)));
    }

    private static Set<Map.Entry<Flow.Path, Integer>> counts(int hardware, int software) {
        return Stream.of(Map.entry(Flow.Path.HARDWARE, hardware), Map.entry(Flow.Path.SOFTWARE, software))
                .filter(count -> count.getValue() > 0)
                .collect(Collectors.toSet());
    }

    /** What the first pod's representor carried, once all packets were counted. */
    private Traffic trafficOf(FlowSample before, int packets) {
        return Awaitility.await().until(() -> sample().since(before, "rep1"), traffic -> traffic.packets() == packets);
    }

    @Test
    void flowsInTheNicAreOffloadedWithItsOwnCounters() {
        connect("dummy-pmd", "output:2", "output:1");
        talkUntilFlowsAreThere(2, 0);
        FlowSample before = sample();

        send("rep1", PACKETS);
        send("rep2", PACKETS / 2);

        Traffic traffic = trafficOf(before, PACKETS + PACKETS / 2);
        assertThat(traffic.fromPod()).isEqualTo(new Traffic.Amount(PACKETS, PACKETS * LENGTH, 0, 0));
        assertThat(traffic.toPod()).isEqualTo(new Traffic.Amount(PACKETS / 2, PACKETS / 2 * LENGTH, 0, 0));
        assertThat(OffloadVerdict.of(traffic)).isEqualTo(OffloadVerdict.Offloaded);
        assertThat(ovs.appctl("dpif/offload/show"))
                .as("what the NIC itself says it forwarded")
                .containsPattern("rx_offload_full +: " + PACKETS)
                .containsPattern("rx_offload_full +: " + PACKETS / 2);
    }

    @Test
    void flowsInTheNicThatCarryNothingProveNothing() {
        connect("dummy-pmd", "output:2", "output:1");
        talkUntilFlowsAreThere(2, 0);
        FlowSample before = sample();

        send("rep1", 2);

        assertThat(OffloadVerdict.of(trafficOf(before, 2))).isEqualTo(OffloadVerdict.NoTraffic);
    }

    @Test
    void aDirectionThatTheNicOnlyMarksIsNotInTheNic() {
        connect("dummy-pmd", "output:2", "mod_dl_src:00:06:07:08:09:ff,output:1");
        talkUntilFlowsAreThere(1, 1);
        FlowSample before = sample();

        send("rep1", PACKETS);
        send("rep2", PACKETS);

        Traffic traffic = trafficOf(before, 2 * PACKETS);
        assertThat(traffic.fromPod().hardwarePackets()).isEqualTo(PACKETS);
        assertThat(traffic.toPod().softwarePackets()).isEqualTo(PACKETS);
        assertThat(traffic.share()).isEqualTo(0.5);
        assertThat(OffloadVerdict.of(traffic)).isEqualTo(OffloadVerdict.PartlyOffloaded);
    }

    @Test
    void flowsThatAreOnlyMarkedAreSoftware() {
        connect("dummy", "output:2", "output:1");
        talkUntilFlowsAreThere(0, 2);
        assertThat(vswitchd.call("dpctl/dump-flows", "-m")).contains("offloaded:partial");
        FlowSample before = sample();

        send("rep1", PACKETS);

        assertThat(OffloadVerdict.of(trafficOf(before, PACKETS))).isEqualTo(OffloadVerdict.NotOffloaded);
    }

    @Test
    void withoutHwOffloadTheSameFlowsAreSoftware() {
        ovs.vsctl("remove", "Open_vSwitch", ".", "other_config", "hw-offload");
        ovs.restart();
        connect("dummy-pmd", "output:2", "output:1");
        talkUntilFlowsAreThere(0, 2);
        FlowSample before = sample();

        send("rep1", PACKETS);

        Traffic traffic = trafficOf(before, PACKETS);
        assertThat(traffic.fromPod()).isEqualTo(new Traffic.Amount(0, 0, PACKETS, PACKETS * LENGTH));
        assertThat(OffloadVerdict.of(traffic)).isEqualTo(OffloadVerdict.NotOffloaded);
    }
}
