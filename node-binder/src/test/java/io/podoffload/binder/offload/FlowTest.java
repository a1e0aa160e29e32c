package io.podoffload.binder.offload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlowTest {

    /** As the Kube-OVN page shows it, and as a kernel datapath prints it: the order of fields differs. */
    private static final String OFFLOADED =
            "ufid:91cc45de-e7e9-4935-8f82-1890430b0f66, skb_priority(0/0),skb_mark(0/0),ct_state(0/0x23),ct_zone(0/0),ct_mark(0/0),"
                    + "ct_label(0/0x1),recirc_id(0),dp_hash(0/0),in_port(5b45c61b307e_h),packet_type(ns=0/0,id=0/0),"
                    + "eth(src=00:00:00:c5:6d:4e,dst=00:00:00:e7:16:ce),eth_type(0x0800),ipv4(src=,dst=,proto=0/0,tos=0/0,"
                    + "ttl=0/0,frag=no), packets:941539, bytes:62142230, used:0.260s, offloaded:yes, dp:tc, actions:54235e5753b8_h";

    private static final String SOFTWARE_TC =
            "ufid:b4e155c5-670c-40eb-862e-853e9d84095e, recirc_id(0),dp_hash(0/0),in_port(rep2),eth(src=0e:47:81:29:ea:95,"
                    + "dst=6e:bf:3d:b3:d9:ae),eth_type(0x0800),ipv4(frag=no), packets:3, bytes:252, used:0.641s, dp:tc, actions:rep1";

    private static final String USERSPACE =
            "ufid:6c74bd90-0000-4935-8f82-1890430b0f66, recirc_id(0),in_port(rep1),packet_type(ns=0,id=0),eth_type(0x0800),"
                    + "icmp(type=8/0,code=0/0), packets:2, bytes:196, used:0.025s, flags:SP., dp:ovs, actions:rep2,"
                    + " dp-extra-info:miniflow_bits(5,1)";

    private static final String ARP_RESPONDER =
            "ufid:6c74bd90-0001-4935-8f82-1890430b0f66, in_port(rep1),eth_type(0x0806),arp(sip=10.0.0.11,tip=10.0.0.10,op=1/0xff),"
                    + " packets:7, bytes:420, used:never, dp:ovs, actions:userspace(pid=4294967295,slow_path(action))";

    private static final String TUNNEL =
            "ufid:6c74bd90-0002-4935-8f82-1890430b0f66, tunnel(tun_id=0x1,src=192.0.2.1,dst=192.0.2.2,geneve({class=0x102,type=0x80,"
                    + "len=4,0x10003}),flags(-df+csum+key)),in_port(genev_sys_6081),eth_type(0x0800),ipv4(frag=no), packets:9,"
                    + " bytes:900, used:0.1s, offloaded:partial, dp:tc, actions:ct(commit,zone=3),recirc(0x4),clone(set(tunnel(tun_id=0x2)),rep1)";

    /** As tests of Open vSwitch 4.0 itself have it, with its dummy datapath. */
    private static final String DUMMY =
            "ufid:4f37b334-dbe2-4d20-a088-2085e1295a77, recirc_id(0),in_port(p1),eth_type(0x0800),ipv4(frag=no), packets:1,"
                    + " bytes:106, used:0.0s, offloaded:yes, dp:dummy, actions:p2";

    @Test
    void whatMattersIsReadFromEachKindOfLine() {
        assertThat(Flow.parse(OFFLOADED)).hasValueSatisfying(flow -> {
            assertThat(flow.id()).isEqualTo("91cc45de-e7e9-4935-8f82-1890430b0f66");
            assertThat(flow.inPort()).isEqualTo("5b45c61b307e_h");
            assertThat(flow.packets()).isEqualTo(941_539);
            assertThat(flow.bytes()).isEqualTo(62_142_230);
            assertThat(flow.path()).isEqualTo(Flow.Path.HARDWARE);
            assertThat(flow.outputs(Set.of("54235e5753b8_h", "other"))).containsExactly("54235e5753b8_h");
        });
        assertThat(Flow.parse(DUMMY)).map(Flow::path).hasValue(Flow.Path.HARDWARE);
        assertThat(Flow.parse(SOFTWARE_TC)).map(Flow::path).hasValue(Flow.Path.SOFTWARE);
        assertThat(Flow.parse(USERSPACE)).hasValueSatisfying(flow -> {
            assertThat(flow.path()).isEqualTo(Flow.Path.SOFTWARE);
            assertThat(flow.actions()).isEqualTo("rep2");
        });
        assertThat(Flow.parse(ARP_RESPONDER)).map(Flow::path).hasValue(Flow.Path.CONTROL);
        assertThat(Flow.parse(TUNNEL)).hasValueSatisfying(flow -> {
            assertThat(flow.path()).as("partial is not in the NIC").isEqualTo(Flow.Path.SOFTWARE);
            assertThat(flow.inPort()).isEqualTo("genev_sys_6081");
            assertThat(flow.outputs(Set.of("rep1"))).as("within clone").containsExactly("rep1");
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "flow-dump from the main thread:;true",
                "flow-dump from pmd on cpu core: 1;true",
                "'';true",
                "recirc_id(0),in_port(2),eth(),packets:2;false"
            })
    void headersAreNoFlows(String line, boolean header) {
        assertThat(Flow.isHeader(line)).isEqualTo(header);
    }

    @Test
    void whatCannotBeReadIsCountedAndHurtsNobody() {
        FlowSample sample = new FlowSample(Set.of("rep1"));
        for (String line : new String[] {
            "nonsense",
            "ufid:1, in_port(rep1), packets:x, bytes:2, used:never, dp:ovs, actions:drop",
            "ufid:1, packets:2, bytes:2, used:never, dp:ovs, actions:drop",
            USERSPACE
        }) {
            sample.add(line);
        }

        assertThat(sample.malformed()).isEqualTo(3);
        assertThat(sample.counts()).containsEntry(Flow.Path.SOFTWARE, 1);
    }

    @Test
    void noLineMakesItFail() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] lines = {OFFLOADED, SOFTWARE_TC, USERSPACE, ARP_RESPONDER, TUNNEL};
        for (int round = 0; round < 20_000; round++) {
            StringBuilder line = new StringBuilder(lines[random.nextInt(lines.length)]);
            for (int change = random.nextInt(6); change >= 0 && !line.isEmpty(); change--) {
                int at = random.nextInt(line.length());
                switch (random.nextInt(3)) {
                    case 0 -> line.deleteCharAt(at);
                    case 1 -> line.insert(at, (char) (32 + random.nextInt(96)));
                    default -> line.setLength(Math.max(1, at));
                }
            }
            FlowSample sample = new FlowSample(Set.of("rep1", "rep2"));
            sample.add(line.toString());
            assertThat(sample.malformed()
                            + sample.counts().values().stream()
                                    .mapToInt(Integer::intValue)
                                    .sum())
                    .as("seed %d: %s", seed, line)
                    .isBetween(0, 1);
        }
    }
}
