package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
import io.podoffload.sim.SimulatedCluster.KubeletCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the binder does and says while a part of the node is away, and when it is back. */
class OutagesIT {

    @RegisterExtension
    static final OneNode NODE =
            new OneNode("outages", SimulatedCluster.Options.DEFAULT.with(Map.of("pod-offload.proof", "500ms")));

    private static final PciAddress LAST_VF = new PciAddress("0000:03:00.5");
    private static final String LAST_REPRESENTOR = "enp3s0f0_3";
    private static final String LAST_VF_NAME = "enp3s0f0v3";

    private final SimulatedCluster cluster = NODE.cluster();
    private final int logBefore = cluster.binderLog().length();

    @Test
    void aRuntimeThatIsAwayIsAskedWithGrowingPauses() {
        KubeletCalls before = cluster.kubeletCalls();
        cluster.withoutRuntimeSocket(() -> Awaitility.await()
                .during(Duration.ofSeconds(9))
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(cluster.kubeletCalls().made() - before.made())
                        .as("calls of the kubelet")
                        .isLessThan(25)));

        assertSaidOnce("the container runtime does not answer: ", "the container runtime answers again");
        cluster.useCni(CniMode.OTHER);
        cluster.awaitBound(cluster.create(Pods.labelled("after-the-runtime")), "Bound");
        assertThat(cluster.kubeletCalls().refused())
                .as("calls that the kubelet refused")
                .isZero();
    }

    @Test
    void openVSwitchThatIsAwayIsSaidOnceAndNotOfEachVf() {
        cluster.ovs().stopDatabase();
        try {
            awaitLine("WARN", "Open vSwitch");
            Awaitility.await()
                    .during(Duration.ofSeconds(3))
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(lines("WARN")).hasSize(1));
        } finally {
            cluster.ovs().startDatabase();
        }

        assertSaidOnce("Open vSwitch does not answer: ", "Open vSwitch answers again");
    }

    @Test
    void aKubeletThatIsAwayIsSaidOnce() {
        cluster.useCni(CniMode.OTHER);
        List<Pod> pods = new ArrayList<>();
        cluster.withoutKubeletSocket(() -> {
            for (int pod = 0; pod < 3; pod++) {
                pods.add(cluster.create(Pods.labelled("before-the-kubelet-" + pod)));
            }
            awaitLine("WARN", "the kubelet");
            Awaitility.await()
                    .during(Duration.ofSeconds(3))
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(lines("WARN")).hasSize(1));
        });

        pods.forEach(pod -> cluster.awaitBound(pod, "Bound"));
        assertSaidOnce("the kubelet does not answer: ", "the kubelet answers again");
    }

    @Test
    void whatTheKubeletRefusesForTheMomentIsNoAnswer() {
        cluster.useCni(CniMode.OTHER);
        List<Pod> pods = new ArrayList<>();
        for (int pod = 0; pod < 4; pod++) {
            cluster.exhaustKubelet();
            pods.add(cluster.create(Pods.labelled("in-the-crowd-" + pod)));
        }

        pods.forEach(pod -> cluster.awaitBound(pod, "Bound"));
        for (Pod pod : pods) {
            NODE.assertEvents(pod, "Bound");
        }
    }

    @Test
    void anApiServerThatIsAwayIsSaidOnce() {
        cluster.beginApiOutage();
        try {
            awaitLine("WARN", "API server"); // whether the watch or a report finds out first
            Awaitility.await()
                    .during(Duration.ofSeconds(3))
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(lines("WARN")).hasSize(1));
        } finally {
            cluster.endApiOutage();
        }

        assertSaidOnce("API server", "the API server answers again");
    }

    /** Such as half an answer of a proxy in between. */
    @Test
    void anEventOfTheApiServerThatCannotBeReadEndsNoWatch() {
        cluster.useCni(CniMode.OTHER);

        for (String text :
                List.of("{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"Pod\",\"metadata\":[]}}", "<html>", "{}")) {
            cluster.api().sendToWatches("pod-offload-node-binder", text);
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("after-it")), "Bound");
            cluster.delete(pod);
        }
        annotateNode("after it");
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(cluster.askBinder("/actuator/prometheus"))
                        .contains("pod_offload_binder_paused 1.0"));
        annotateNode("false");
    }

    private void annotateNode(String value) {
        cluster.annotateNode("pod-offload.io/paused", value);
    }

    /** A report of the node is due, and its request does not come back before the client has tried again for a long time. */
    @Test
    void noEventWaitsForAnApiServerThatIsAway() {
        cluster.useCni(CniMode.OTHER);
        cluster.awaitBound(cluster.create(Pods.labelled("reported")), "Bound");
        cluster.beginApiOutage();
        try {
            awaitLine("WARN", "API server");
            Awaitility.await()
                    .during(Duration.ofSeconds(15))
                    .atMost(OneNode.SOON)
                    .pollInterval(Duration.ofSeconds(1))
                    .untilAsserted(this::assertEventIsFollowed);
        } finally {
            cluster.endApiOutage();
        }

        assertSaidOnce("API server", "the API server answers again");
    }

    /** Pods that are new must be asked for, and wait; those that are known must not wait with them. */
    @Test
    void aKubeletThatDoesNotAnswerHoldsUpNoPodThatIsKnown() {
        cluster.useCni(CniMode.OTHER);
        Pod known = cluster.awaitBound(cluster.create(Pods.labelled("known")), "Bound");
        String representor = NODE.representor(known);
        List<Pod> pods = new ArrayList<>();
        cluster.whileKubeletHangs(() -> {
            for (int pod = 0; pod < 3; pod++) {
                pods.add(cluster.create(Pods.labelled("new-" + pod)));
            }
            for (int round = 0; round < 5; round++) {
                cluster.ovs().vsctl("del-port", "br-int", representor);
                Awaitility.await()
                        .atMost(Duration.ofSeconds(5))
                        .untilAsserted(
                                () -> assertThat(NODE.externalIds(representor)).containsEntry("ovn-installed", "true"));
            }
            cluster.delete(known);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThat(cluster.ovs().rows()).doesNotContainKey(representor));
        });
        pods.forEach(pod -> cluster.awaitBound(pod, "Bound"));
    }

    private void assertEventIsFollowed() {
        Programs.run("ip", "link", "set", LAST_REPRESENTOR, "alias", "", "up"); // of links that are down no event comes
        Awaitility.await()
                .atMost(Duration.ofSeconds(5))
                .until(() -> Programs.run("ip", "link", "show", "dev", LAST_REPRESENTOR)
                        .contains("alias pod-offload"));
    }

    @Test
    void anOvsVswitchdThatIsAwayIsSaidOnceByWhoLooksAtFlows() {
        cluster.useCni(CniMode.OTHER);
        cluster.awaitBound(cluster.create(Pods.labelled("watched")), "Bound");
        cluster.ovs().stopSwitch();
        try {
            awaitLine("WARN", "ovs-vswitchd");
            Awaitility.await()
                    .during(Duration.ofSeconds(3))
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(lines("WARN")).hasSize(1));
        } finally {
            cluster.ovs().startSwitch();
        }

        assertSaidOnce("ovs-vswitchd does not answer: ", "ovs-vswitchd answers again");
    }

    @Test
    void whatIsNotedOfFreeVfsIsSaidToWhoAsks() {
        Programs.run("ip", "link", "set", "enp3s0f0_3", "alias", "", "up"); // of links that are down no event tells

        awaitLine("DEBUG", "changing VF 0000:03:00.5: note its own name, MTU and MAC on enp3s0f0_3");
        assertThat(lines("INFO")).noneMatch(line -> line.contains("changing VF"));
    }

    @Test
    void whatIsChangedForAPodIsSaidToEveryone() {
        cluster.useCni(CniMode.OTHER);
        cluster.awaitBound(cluster.create(Pods.labelled("spoken-of")), "Bound");

        assertThat(lines("INFO"))
                .filteredOn(line -> line.contains("changing VF"))
                .first()
                .asString()
                .contains("move enp3s0f0v0 into the pod as net1")
                .contains("default/spoken-of");
    }

    @Test
    void aVfWhoseDeviceComesAfterItsLinkEventIsFoundWithinSeconds() {
        cluster.stopBinder();
        cluster.nic().hideDevice(LAST_VF);
        try {
            cluster.startBinder();
            Programs.run(
                    "ip",
                    "link",
                    "set",
                    LAST_VF_NAME,
                    "alias",
                    "pod-offload pci=%s uid=u sandbox=s netns=n name=%s mtu=1500 mac=02:5e:00:00:03:03 admin=-"
                            .formatted(LAST_VF, LAST_VF_NAME),
                    "up"); // of links that are down no event tells
            Awaitility.await().atMost(OneNode.SOON).until(() -> verdict(LAST_VF).equals("NotAVf"));
        } finally {
            cluster.nic().showDevice(LAST_VF);
        }

        Awaitility.await().atMost(OneNode.SOON).until(() -> verdict(LAST_VF).equals("Free"));
    }

    @Test
    void theRowOfAVfThatIsGoneGoesWithItsPod() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("unplugged")), "Bound");
        PciAddress vf = new PciAddress(cluster.vfOf(pod));
        String row = NODE.representor(pod);
        cluster.nic().unplug(vf);
        try {
            Awaitility.await().atMost(OneNode.SOON).until(() -> verdict(vf).equals("NotAVf"));
            assertThat(cluster.ovs().ports()).as("the pod still runs").contains(row);

            cluster.delete(pod);

            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(cluster.ovs().ports()).isEmpty());
        } finally {
            cluster.nic().plug(vf);
        }
    }

    /** One WARN when it goes, with the cause, and one INFO when it is back. */
    private void assertSaidOnce(String away, String back) {
        awaitLine("INFO", back);
        assertThat(lines("WARN")).singleElement().asString().contains(away);
        assertThat(lines("INFO")).filteredOn(line -> line.contains(back)).hasSize(1);
    }

    private void awaitLine(String level, String part) {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(lines(level)).anyMatch(line -> line.contains(part)));
    }

    /** What the binder logged at this level since the test began. */
    private List<String> lines(String level) {
        String log = cluster.binderLog();
        return log.substring(Math.min(logBefore, log.length()))
                .lines()
                .filter(line -> line.contains(" " + level + " "))
                .toList();
    }

    private String verdict(PciAddress pci) {
        for (JsonNode vf :
                JsonMapper.shared().readTree(cluster.askBinder("/state")).path("vfs")) {
            if (vf.path("pci").asString().equals(pci.value())) {
                return vf.path("reason").asString();
            }
        }
        return "";
    }
}
