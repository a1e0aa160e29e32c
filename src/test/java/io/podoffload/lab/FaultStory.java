package io.podoffload.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.diagnosis.Finding;
import io.podoffload.binder.nic.PreparationStep;
import io.podoffload.sim.Programs;
import io.podoffload.sim.StagedNode;
import io.podoffload.sim.StagedNode.Staged;
import java.time.Duration;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/**
 * Faults that a node really has, while two pods talk: {@code explain} of one pod finds each in one call, and what it gives as
 * the cure is one.
 */
final class FaultStory {

    private final Lab lab;
    private final StagedNode node;
    private final Explanations explanations;
    private final LabNic nic;
    private final Consumer<Staged> awaitBound;

    FaultStory(Lab lab, StagedNode node, Explanations explanations, LabNic nic, Consumer<Staged> awaitBound) {
        this.lab = lab;
        this.node = node;
        this.explanations = explanations;
        this.nic = nic;
        this.awaitBound = awaitBound;
    }

    /** The two are bound before and after. */
    void theFaultsAreExplained(Staged a, Staged b) {
        try (Load load = new Load(a, b)) {
            load.awaitAnswers();
            awaitHolds(a);
            lab.say("the chain of a pod whose packets run in the NIC holds:\n"
                    + explanations.of(a).text());
            tcOffloadOfTheRepresentorIsOff(a);
            theHookOfTheRepresentorIsGone(a);
            hwOffloadIsNotSet(a);
            thePfIsInLegacyMode(a, b);
            theRepresentorsAreNew(a);
            awaitHolds(a);
            load.awaitAnswers();
            lab.say("and holds again");
        }
    }

    private void tcOffloadOfTheRepresentorIsOff(Staged a) {
        String representor = nic.representorOf(a.pci());
        Programs.run("ethtool", "-K", representor, "hw-tc-offload", "off");
        assertThat(explanations.of(a).text())
                .contains("✗ representor  hw-tc-offload of " + representor + " is off")
                .contains("- TcOffloadOff: hw-tc-offload of " + representor + " is off");
        assertThat(lab.findings()).extracting(Finding::check).containsExactly("TcOffloadOff");
        Programs.run("ethtool", "-K", representor, "hw-tc-offload", "on");
    }

    private void theHookOfTheRepresentorIsGone(Staged a) {
        String representor = nic.representorOf(a.pci());
        Programs.run("tc", "qdisc", "del", "dev", representor, "ingress");
        node.ovs().appctl("revalidator/purge"); // it would go on with flows that are gone, see docs/lab.md
        awaitBreaks(
                a,
                "- HwOffloadNotInForce: hw-offload is set, but " + representor
                        + " is a port that ovs-vswitchd made no tc hook on",
                "HwOffloadNotInForce");
        node.ovs().restart();
        awaitHolds(a);
    }

    private void hwOffloadIsNotSet(Staged a) {
        node.ovs().vsctl("remove", "Open_vSwitch", ".", "other_config", "hw-offload");
        node.ovs().restart();
        awaitBreaks(a, "- HwOffloadUnset: other_config:hw-offload of Open vSwitch is not set", "HwOffloadUnset");
        node.ovs().vsctl("set", "Open_vSwitch", ".", "other_config:hw-offload=true");
        node.ovs().restart();
        awaitHolds(a);
    }

    /** The device would refuse; this one is told not to. */
    private void thePfIsInLegacyMode(Staged a, Staged b) {
        LabNic.behave("strict", 0);
        Programs.run("devlink", "dev", "eswitch", "set", "pci/" + nic.pf(), "mode", "legacy");
        Explanations.Explanation explanation = explanations.of(a);
        assertThat(explanation.holds()).isFalse();
        assertThat(explanation.text())
                .contains("- NotSwitchdev: the eswitch of PF " + nic.pf())
                .contains("is in legacy mode");
        awaitFindings("NotSwitchdev", "PortNotOpened");
        lab.say("a PF that somebody put into legacy mode under its pods:\n" + explanation.text());
        Programs.run("devlink", "dev", "eswitch", "set", "pci/" + nic.pf(), "mode", "switchdev");
        LabNic.behave("strict", 1);
        awaitBound.accept(a);
        awaitBound.accept(b);
    }

    /**
     * The representors are new, and had no hw-tc-offload when ovs-vswitchd opened them. Until it is restarted it may drop every packet:
     * docs/lab.md says why.
     */
    private void theRepresentorsAreNew(Staged a) {
        assertThat(lab.prepare(Lab.asked(nic.pf(), 4, "switchdev")).done())
                .containsExactly(new PreparationStep.RepresentorTcOffload(false, true));
        awaitBreaks(a, "restart it (the pod ovs-ovn of this node)");
        node.ovs().restart();
    }

    private void awaitHolds(Staged pod) {
        explanations.awaitHolds(pod);
        awaitFindings();
    }

    /** @param checks that find something; none if the flows alone tell */
    private void awaitBreaks(Staged pod, String finding, String... checks) {
        Awaitility.await("the flows break, and why is told")
                .atMost(Duration.ofSeconds(120))
                .untilAsserted(() -> {
                    Explanations.Explanation explanation = explanations.of(pod);
                    assertThat(explanation.text()).contains("✗ flows").contains(finding);
                    assertThat(explanation.holds()).isFalse();
                });
        awaitFindings(checks);
        lab.say("told by explain: " + finding);
    }

    /** Until these checks find something and no other does: ovs-vswitchd may notice what changed later than the kernel shows it. */
    private void awaitFindings(String... checks) {
        Awaitility.await("the findings of the checks")
                .atMost(Duration.ofSeconds(120))
                .untilAsserted(() ->
                        assertThat(lab.findings()).extracting(Finding::check).containsOnly(checks));
    }
}
