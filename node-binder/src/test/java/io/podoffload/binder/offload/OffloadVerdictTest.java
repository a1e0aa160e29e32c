package io.podoffload.binder.offload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class OffloadVerdictTest {

    private static final String REP = "rep1";

    private static String flow(String id, String from, String to, long packets, String how) {
        return "ufid:%s, recirc_id(0),in_port(%s),eth_type(0x0800), packets:%d, bytes:%d, used:0.1s, %s, actions:%s"
                .formatted(id, from, packets, packets * 100, how, to);
    }

    private static final String HARDWARE = "offloaded:yes, dp:tc";
    private static final String SOFTWARE = "dp:ovs";

    private static FlowSample sample(String... lines) {
        FlowSample sample = new FlowSample(Set.of(REP, "rep2"));
        for (String line : lines) {
            sample.add(line);
        }
        return sample;
    }

    private static OffloadVerdict verdict(FlowSample before, FlowSample after) {
        return OffloadVerdict.of(after.since(before, REP));
    }

    @Test
    void packetsInTheNicAreTheProof() {
        FlowSample before = sample(flow("a", REP, "rep2", 100, HARDWARE), flow("b", "rep2", REP, 50, HARDWARE));
        FlowSample after = sample(flow("a", REP, "rep2", 400, HARDWARE), flow("b", "rep2", REP, 150, HARDWARE));

        Traffic traffic = after.since(before, REP);

        assertThat(traffic.fromPod()).isEqualTo(new Traffic.Amount(300, 30_000, 0, 0));
        assertThat(traffic.toPod()).isEqualTo(new Traffic.Amount(100, 10_000, 0, 0));
        assertThat(OffloadVerdict.of(traffic)).isEqualTo(OffloadVerdict.Offloaded);
    }

    @Test
    void anOffloadedFlowWithoutPacketsProvesNothing() {
        FlowSample idle = sample(flow("a", REP, "rep2", 100, HARDWARE));

        assertThat(verdict(idle, idle)).isEqualTo(OffloadVerdict.NoTraffic);
    }

    @Test
    void oneDirectionInSoftwareIsPartly() {
        FlowSample before = sample(flow("a", REP, "rep2", 0, HARDWARE), flow("b", "rep2", REP, 0, SOFTWARE));
        FlowSample after = sample(flow("a", REP, "rep2", 100, HARDWARE), flow("b", "rep2", REP, 100, SOFTWARE));

        assertThat(verdict(before, after)).isEqualTo(OffloadVerdict.PartlyOffloaded);
    }

    @Test
    void theFirstPacketsOfEachFlowMayGoByTheCpu() {
        FlowSample after = sample(flow("a", REP, "rep2", 1_000, HARDWARE), flow("b", REP, "rep2", 3, SOFTWARE));

        assertThat(verdict(sample(), after)).isEqualTo(OffloadVerdict.Offloaded);
    }

    @Test
    void softwareIsNotOffloaded() {
        assertThat(verdict(sample(), sample(flow("a", REP, "rep2", 10, SOFTWARE))))
                .isEqualTo(OffloadVerdict.NotOffloaded);
    }

    @Test
    void aFlowThatWasMadeAnewCountsFromNothing() {
        FlowSample before = sample(flow("a", REP, "rep2", 1_000, SOFTWARE));
        FlowSample after = sample(flow("a", REP, "rep2", 7, SOFTWARE));

        assertThat(after.since(before, REP).packets()).isEqualTo(7);
    }

    @Test
    void controlPacketsCountOnNeitherSide() {
        FlowSample after =
                sample("ufid:a, in_port(rep1),eth_type(0x0806),arp(op=1), packets:9, bytes:9, used:never, dp:ovs,"
                        + " actions:userspace(pid=1,slow_path(action))");

        assertThat(verdict(sample(), after)).isEqualTo(OffloadVerdict.NoTraffic);
    }

    @Test
    void theFewPacketsOfAnIdlePodProveNothing() {
        assertThat(verdict(sample(), sample(flow("a", REP, "rep2", 9, SOFTWARE))))
                .isEqualTo(OffloadVerdict.NoTraffic);
    }

    @Test
    void otherPodsPacketsAreNotThisPods() {
        FlowSample after = sample(flow("a", "rep2", "uplink", 1_000, SOFTWARE), flow("b", REP, "uplink", 20, HARDWARE));

        assertThat(verdict(sample(), after)).isEqualTo(OffloadVerdict.Offloaded);
    }
}
