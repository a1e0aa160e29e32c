package io.podoffload.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.prepare.Outcome;
import io.podoffload.sim.JavaProgram;
import io.podoffload.sim.Nic;
import io.podoffload.sim.Programs;
import io.podoffload.sim.StagedNode;
import io.podoffload.sim.StagedNode.Staged;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Pods on the VFs of the first PF, from their birth through every kind of death. */
final class NodeStory {

    private static final String POD_UID = "pod-offload-pod-uid";

    private final Lab lab;
    private final StagedNode node;
    private final LabNic nic;
    private final Map<PciAddress, String> names;
    private final Explanations explanations;

    /** @param names of the VFs at home */
    NodeStory(Lab lab, StagedNode node, LabNic nic, Map<PciAddress, String> names, Explanations explanations) {
        this.lab = lab;
        this.node = node;
        this.nic = nic;
        this.names = names;
        this.explanations = explanations;
    }

    private static ConditionFactory await(String what) {
        return Awaitility.await(what)
                .atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions();
    }

    /** Names of the VFs at home. */
    static Map<PciAddress, String> names(LabNic nic) {
        Map<PciAddress, String> found = new TreeMap<>();
        nic.inventory().forEach((pci, vf) -> found.put(pci, vf.name()));
        return found;
    }

    private Staged bind(int vf) {
        Staged staged = node.stage(vf);
        node.run(staged);
        awaitBound(staged);
        return staged;
    }

    private void awaitBound(Staged staged) {
        await(staged.pod().getMetadata().getName() + " is bound")
                .untilAsserted(() -> assertThat(bound(staged)).startsWith("True"));
    }

    /** Status, reason and message of the pod's condition. */
    private String bound(Staged staged) {
        return condition(staged, "pod-offload.io/bound");
    }

    private String condition(Staged staged, String type) {
        Pod pod = node.client().resource(staged.pod()).get();
        return Optional.ofNullable(pod).map(Pod::getStatus).stream()
                .flatMap(status -> status.getConditions().stream())
                .filter(condition -> condition.getType().equals(type))
                .map(condition -> condition.getStatus() + " " + condition.getReason() + " " + condition.getMessage())
                .findFirst()
                .orElse("no condition");
    }

    /** The pod's object goes, its sandbox, and its namespace. */
    private void end(Staged staged) {
        node.forget(staged);
        node.clear(staged);
        node.stop(staged);
    }

    private void awaitFree(PciAddress pci) {
        await(pci + " is free").untilAsserted(() -> {
            Nic.Vf vf = Objects.requireNonNull(nic.inventory().get(pci));
            assertThat(vf.name()).isEqualTo(names.get(pci));
            assertThat(vf.alias()).isEmpty();
            assertThat(vf.representorUp()).isFalse();
            assertThat(node.ovs().ports()).doesNotContain(vf.representor());
        });
    }

    private static void ping(Staged from, Staged to) {
        await("a ping of " + to.ip())
                .untilAsserted(() -> Programs.runIn(from.netns(), "ping", "-c", "1", "-W", "2", to.ip()));
    }

    /** The binder prepared both PFs when it started. */
    void theBinderHasPreparedBothPfs() {
        await("the Node says that it is prepared")
                .untilAsserted(() -> assertThat(prepared()).startsWith("True Prepared"));
        assertThat(nic.pciAddresses()).hasSize(4);
        assertThat(new LabNic(Lab.PF1).pciAddresses()).hasSize(4);
    }

    private String prepared() {
        return node.client().nodes().withName(StagedNode.NODE).get().getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals("pod-offload.io/prepared"))
                .map(condition -> condition.getStatus() + " " + condition.getReason() + " " + condition.getMessage())
                .findFirst()
                .orElse("no condition");
    }

    private void whatOthersChangeIsTold() {
        String uplink = new LabNic(Lab.PF1).uplink().orElseThrow();
        Programs.run("ethtool", "-K", uplink, "hw-tc-offload", "off");
        await("the Node says what changed")
                .untilAsserted(() -> assertThat(prepared())
                        .startsWith("False NotPrepared")
                        .contains("PF 0000:02:00.0 (" + uplink + ") wants to set hw-tc-offload of its uplink on"));
        assertThat(Programs.run("ethtool", "-k", uplink))
                .as("it is told, not repaired")
                .contains("hw-tc-offload: off");
        lab.say("what somebody changed is told of: " + prepared());
    }

    void flowsRunInTheNic() {
        Staged a = bind(0);
        Staged b = bind(1);
        lab.say("two pods are bound: " + bound(a));
        ping(a, b);
        Programs.runIn(a.netns(), "ping", "-c", "4", "-i", "0.3", b.ip());
        String in = "in_port(" + nic.representorOf(a.pci()) + ")";
        await("a flow in the NIC")
                .untilAsserted(() -> assertThat(node.ovs()
                                .appctl("dpctl/dump-flows", "-m", "type=offloaded")
                                .lines())
                        .anyMatch(flow -> flow.contains(in)
                                && flow.contains("offloaded:yes, dp:tc")
                                && flow.contains("eth_type(0x0800)")
                                && !flow.contains("packets:0,")));
        assertThat(Programs.runIn(a.netns(), "ip", "-o", "link"))
                .contains("eth0")
                .contains(a.mac());
        lab.say("their flows run in the NIC");
        await("the pod says so").untilAsserted(() -> {
            Programs.runIn(a.netns(), "ping", "-c", "10", "-i", "0.2", b.ip());
            assertThat(condition(a, "pod-offload.io/offloaded")).startsWith("True Offloaded");
        });
        lab.say("and the pod says so: " + condition(a, "pod-offload.io/offloaded"));
        new FaultStory(lab, node, explanations, nic, this::awaitBound).theFaultsAreExplained(a, b);

        lab.allot(new PodName("default", "p0"), a.pci());
        Outcome refused = lab.prepare(Lab.asked(nic.pf(), 8, "switchdev"));
        assertThat(refused.kind()).isEqualTo(Outcome.Kind.REFUSED);
        assertThat(String.join("\n", refused.messages()))
                .contains("pod default/p0 holds VF " + a.pci())
                .contains("the netdev of VF " + b.pci() + " is in another network namespace")
                .contains(nic.representorOf(a.pci()) + " is a port of bridge br-int");
        lab.allot(new PodName("default", "p0"));
        lab.say("8 VFs instead of 4 are refused: " + refused.messages());

        // the namespace dies before anybody was told; eth0 is a name of the host's
        node.clear(b);
        await("the VF comes home under another name")
                .untilAsserted(() -> assertThat(nic.netdev(b.pci()))
                        .hasValueSatisfying(name -> assertThat(name).startsWith("dev")));
        lab.say("the VF came home as " + nic.netdev(b.pci()).orElseThrow());
        node.forget(b);
        node.stop(b);
        awaitFree(b.pci());
        lab.say("and is " + names.get(b.pci()) + " again");

        Staged next = bind(1);
        ping(a, next);
        lab.say("the next pod has it");

        thePfIsReset(a, next);
        end(a);
        end(next);
    }

    /** Its driver is taken away under pods that talk, and given back: VFs, representors and mode are gone. */
    private void thePfIsReset(Staged a, Staged b) {
        try (Load load = new Load(a, b)) {
            load.awaitAnswers();
            await("their flows are in the NIC")
                    .untilAsserted(() -> assertThat(node.ovs().appctl("dpctl/dump-flows", "-m", "type=offloaded"))
                            .contains("in_port(" + nic.representorOf(a.pci()) + ")")
                            .contains("in_port(" + nic.representorOf(b.pci()) + ")"));
            nic.unbindPf();
            for (Staged pod : List.of(a, b)) {
                await("its port is broken")
                        .untilAsserted(() -> assertThat(node.ovs()
                                        .vsctl(
                                                "--bare",
                                                "--columns=ofport",
                                                "find",
                                                "Interface",
                                                "external_ids:iface-id=" + pod.ifaceId()))
                                .isEqualTo("-1"));
            }
            long answers = load.answers();
            long opened = node.ovs().portsOpened();
            nic.bindPf();
            lab.say("the PF was reset under two pods that talk, after " + answers + " packets");
            Outcome anew = lab.prepare(Lab.asked(nic.pf(), 4, "switchdev"));
            assertThat(anew.kind()).as(anew.toString()).isEqualTo(Outcome.Kind.PREPARED);
            lab.say("it is prepared anew");
            awaitBound(a);
            awaitBound(b);
            load.awaitAnswers();
            lab.say("the pods have their VFs back, and go on talking: " + bound(a));
            assertThat(node.ovs().portsOpened() - opened)
                    .as("netdevs opened as ports: the two representors, and no VF under a representor's name")
                    .isEqualTo(2);
            node.ovs().restart();
            explanations.awaitHolds(a);
            lab.say("and their packets are in the NIC again");
        }
    }

    /** The default route, and the address of OVN's tunnels, go by the other PF: its mode stays, unless told so. */
    private void aPfThatCarriesTheNodeIsLeftAlone() {
        String uplink = new LabNic(Lab.PF1).uplink().orElseThrow();
        Programs.run("ip", "address", "add", "192.0.2.1/24", "dev", uplink);
        Programs.run("ip", "link", "set", uplink, "up");
        Programs.run("ip", "route", "add", "default", "via", "192.0.2.2");
        node.ovs().vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-encap-ip=192.0.2.1");
        Outcome refused = lab.prepare(Lab.asked(Lab.PF1, 4, "legacy"));
        node.ovs().vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-encap-ip=127.0.0.1");
        assertThat(refused.kind()).as(refused.toString()).isEqualTo(Outcome.Kind.REFUSED);
        assertThat(refused.messages())
                .contains(
                        "the node's default route goes by " + uplink
                                + "; set even-if-it-carries-the-node where that may be cut for a moment",
                        uplink + " has 192.0.2.1, the address of this node's tunnels"
                                + "; set even-if-it-carries-the-node where that may be cut for a moment");
        assertThat(new LabNic(Lab.PF1).pciAddresses()).hasSize(4);
        lab.say("a PF that carries the node is left alone: " + refused.messages());
        Outcome told = lab.prepare(Lab.askedOfCarrier(Lab.PF1, 4, "legacy"));
        assertThat(told.kind()).as(told.toString()).isEqualTo(Outcome.Kind.PREPARED);
        Programs.run("ip", "route", "del", "default");
        Programs.run("ip", "address", "del", "192.0.2.1/24", "dev", uplink);
        assertThat(lab.prepare(Lab.asked(Lab.PF1, 4, "switchdev")).isGood()).isTrue();
    }

    /** ovs-vswitchd holds still, so that the binder has written the row and waits. */
    Staged theBinderIsKilledMidWay(JavaProgram binder) {
        Staged gone = bind(3);
        Staged staged = node.stage(2);
        node.ovs().pauseSwitch();
        node.run(staged);
        await("the binder has begun")
                .until(() -> !node.ovs()
                        .interfacesWith(POD_UID, staged.pod().getMetadata().getUid())
                        .isEmpty());
        binder.kill();
        node.ovs().resumeSwitch();
        assertThat(bound(staged)).doesNotStartWith("True");
        end(gone);
        lab.say("the binder was killed while it bound a pod, and another pod went meanwhile: " + bound(staged));
        return staged;
    }

    void theNextBinderGoesOn(Staged staged) {
        awaitBound(staged);
        awaitFree(nic.vf(3));
        Staged other = bind(3);
        ping(other, staged);
        lab.say("the next binder went on, and released what went without it");

        node.ovs().pauseDatabase();
        end(other);
        node.ovs().resumeDatabase();
        awaitFree(other.pci());
        lab.say("a pod went while ovsdb-server stood still");

        whatOthersChangeIsTold();
        aPfThatCarriesTheNodeIsLeftAlone();
        lab.measureBinding(this::bind, this::end, node, nic);
        end(staged);
        for (PciAddress pci : nic.pciAddresses()) {
            await(pci + " is home").untilAsserted(() -> {
                Nic.Vf vf = Objects.requireNonNull(nic.inventory().get(pci));
                assertThat(vf.name()).isNotEmpty();
                assertThat(vf.alias()).isEmpty();
            });
        }
        await("no port is left")
                .untilAsserted(() -> assertThat(node.ovs().ports()).isEmpty());
        lab.say("all pods are gone, and nothing is left: " + nic.inventory().values());
        Outcome more = lab.prepare(Lab.asked(nic.pf(), 8, "switchdev"));
        assertThat(more.kind()).as(more.toString()).isEqualTo(Outcome.Kind.PREPARED);
        assertThat(nic.pciAddresses()).hasSize(8);
        lab.say("now 8 VFs instead of 4 are no matter");
    }
}
