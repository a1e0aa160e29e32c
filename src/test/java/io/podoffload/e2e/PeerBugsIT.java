package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What users of the peers complained of, by repository and thread, made to happen on a node with the real binder. docs/peers.md
 * has the whole list.
 */
class PeerBugsIT {

    @RegisterExtension
    static final OneNode NODE = new OneNode("peers");

    private static final String FIRST_VF = "0000:03:00.2";
    private static final String FIRST_VF_NAME = "enp3s0f0v0";
    private static final Duration KUBE_OVN_GRACE = Duration.ofSeconds(60);

    private final SimulatedCluster cluster = NODE.cluster();

    @Test
    void sriovCni219_theVfOfTheNextPodIsNotResetForTheOneBefore() {
        bound("before", CniMode.OTHER);
        cluster.stopBinder();
        cluster.delete(pod("before"));
        cluster.useCni(CniMode.KUBE_OVN);
        Pod next = cluster.create(Pods.labelled("next"));
        awaitRunning(next);

        cluster.startBinder();

        Pod adopted = cluster.awaitBound(next, "Adopted");
        assertThat(cluster.vfOf(adopted)).isEqualTo(FIRST_VF);
        assertThat(cluster.exec(adopted, "ip", "-o", "link", "show", "eth0"))
                .contains("link/ether " + Pods.annotation(adopted, "mac_address"))
                .contains("mtu 1400");
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(cluster.ovs().ports())
                        .as("the row of the pod before goes, and that of the next stays")
                        .containsExactly(NODE.representor(adopted)));
    }

    @ParameterizedTest
    @EnumSource(
            value = CniMode.class,
            names = {"OTHER", "KUBE_OVN"})
    void sriovCni126_aNamespaceThatDiesBeforeItsPodGivesTheVfBackClean(CniMode cni) {
        Pod pod = bound("orphaned", cni);

        cluster.destroyNamespace(pod);
        cluster.delete(pod);

        NODE.assertAsAtFirst("VF home from a namespace that died first");
    }

    @Test
    void sriovCni349_aVfThatIsNowhereIsWaitedForAndNeverForgotten() {
        Pod pod = bound("pinned", CniMode.OTHER);
        String representor = NODE.representor(pod);
        lingering(() -> {
            cluster.delete(pod);

            awaitVerdict(FIRST_VF, "WaitingForVf");
            assertThat(NODE.externalIds(representor))
                    .as("the row remembers what the VF was, but OVN has the port no more")
                    .containsEntry("pod-offload-vf-name", FIRST_VF_NAME)
                    .doesNotContainKey("iface-id");
        });

        NODE.assertAsAtFirst("the namespace died at last");
    }

    @Test
    void sriovCni212_aBindThatFailsMidwayIsTakenDownWithItsPod() {
        cluster.useCni(CniMode.OTHER);
        Pod wish = new PodBuilder(Pods.labelled("unroutable"))
                .editMetadata()
                .addToAnnotations(
                        "default.default.ovn.kubernetes.io/routes", "[{\"dst\":\"10.99.0.0/16\",\"gw\":\"192.0.2.1\"}]")
                .endMetadata()
                .build();

        Pod pod = cluster.awaitBound(cluster.create(wish), "StepFailed");

        assertThat(SimulatedCluster.bound(pod).orElseThrow().getMessage()).contains("192.0.2.1", "ENETUNREACH");
        cluster.delete(pod);
        NODE.assertAsAtFirst("a VF that was half bound");
    }

    @Test
    void sriovCni49_aVfCalledEth0GoesIntoAPodThatHasAnEth0() {
        Programs.run("ip", "link", "set", FIRST_VF_NAME, "name", "eth0");
        try {
            awaitNote("name=eth0 ");
            Pod pod = bound("clash", CniMode.OTHER);

            assertThat(cluster.vfOf(pod)).isEqualTo(FIRST_VF);
            assertThat(cluster.exec(pod, "ip", "-br", "address", "show", "net1"))
                    .contains(Pods.address(pod));
            cluster.delete(pod);
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(firstVf())
                            .contains("eth0 02:5e:00:00:03:00 mtu 1500 alias '' representor down"));
        } finally {
            Programs.run("ip", "link", "set", "eth0", "name", FIRST_VF_NAME);
            awaitNote("name=" + FIRST_VF_NAME + " ");
        }
    }

    @Test
    void aVfWhoseNameANetdevTookMeanwhileIsFreeUnderAnother() {
        Pod pod = bound("renamed", CniMode.OTHER);
        assertThat(cluster.vfOf(pod)).isEqualTo(FIRST_VF);
        Programs.run("ip", "link", "add", FIRST_VF_NAME, "type", "veth", "peer", "name", "squatter");
        String name = "";
        try {
            cluster.delete(pod);
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(firstVf())
                            .containsPattern("dev\\d+ 02:5e:00:00:03:00 mtu 1500 alias '' representor down"));
            awaitVerdict(FIRST_VF, "Free");
            name = Pattern.compile("dev\\d+")
                    .matcher(firstVf())
                    .results()
                    .findFirst()
                    .orElseThrow()
                    .group();
            awaitNote("name=" + name + " ");
        } finally {
            Programs.run("ip", "link", "delete", FIRST_VF_NAME);
            Programs.run("ip", "link", "set", name, "name", FIRST_VF_NAME);
            awaitNote("name=" + FIRST_VF_NAME + " ");
        }
    }

    @Test
    void openshiftSriovCni58_aHundredPodsComeAndGo() {
        cluster.useCni(CniMode.OTHER);
        for (int round = 0; round < 25; round++) {
            List<Pod> pods = new ArrayList<>();
            for (int pod = 0; pod < 4; pod++) {
                pods.add(cluster.create(Pods.labelled("loop-" + pod)));
            }
            pods.forEach(pod -> cluster.awaitBound(pod, "Bound"));
            pods.forEach(cluster::beginDelete);
            pods.forEach(cluster::delete);
        }

        NODE.assertAsAtFirst("a hundred pods");
    }

    @Test
    void sriovNetworkDevicePlugin685_whatNoDelTookDownIsTakenDownAfterKubeOvnsMinute() {
        Pod pod = bound("abandoned", CniMode.KUBE_OVN);
        String representor = NODE.representor(pod);
        cluster.letCniDelRun(false);
        try {
            cluster.delete(pod);

            Awaitility.await()
                    .during(Duration.ofSeconds(3))
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(cluster.ovs().ports())
                            .as("kube-ovn-cni's DEL and garbage collector go first")
                            .containsExactly(representor));
            Awaitility.await()
                    .atMost(KUBE_OVN_GRACE.plus(OneNode.SOON))
                    .untilAsserted(() -> assertThat(NodeState.of(cluster)).isEqualTo(NODE.atFirst()));
        } finally {
            cluster.letCniDelRun(true);
        }
    }

    @Test
    void sriovNetworkDevicePlugin273_theNextPodWaitsForTheDyingNamespaceAndItsAddresses() {
        cluster.useDualStack(true);
        try {
            Pod before = bound("before", CniMode.OTHER);
            Pod[] next = new Pod[1];
            lingering(() -> {
                cluster.delete(before);
                next[0] = cluster.create(Pods.labelled("next"));

                Pod waiting = cluster.awaitBound(next[0], "WaitingForRelease", "WaitingForVf");

                assertThat(cluster.vfOf(waiting)).isEqualTo(FIRST_VF);
                assertThat(SimulatedCluster.bound(waiting).orElseThrow().getStatus())
                        .isEqualTo("False");
            });
            Pod pod = cluster.awaitBound(next[0], "Bound");
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(cluster.exec(pod, "ip", "-6", "address", "show", "net1"))
                            .contains("fd00:10:16::")
                            .doesNotContain("tentative")
                            .doesNotContain("dadfailed"));
        } finally {
            cluster.useDualStack(false);
        }
    }

    /** kube-ovn-cni's DEL "moves" the VF into the namespace where it already is, and leaves its MAC and MTU. */
    @Test
    void kubeOvn3437_aVfComesHomeUnderItsOwnNameWithItsOwnMacAndMtu() {
        Pod pod = bound("returned", CniMode.KUBE_OVN);

        cluster.delete(pod);

        NODE.assertAsAtFirst("VF home from kube-ovn-cni");
    }

    @Test
    void kubeOvn3437_alsoWhenTheBinderWasRestartedMeanwhile() {
        Pod pod = bound("returned", CniMode.KUBE_OVN);
        cluster.killBinder();
        cluster.startBinder();
        cluster.awaitBound(pod, "Adopted");

        cluster.delete(pod);

        NODE.assertAsAtFirst("VF home from kube-ovn-cni, and the binder was restarted");
    }

    @ParameterizedTest
    @EnumSource(
            value = CniMode.class,
            names = {"OTHER", "KUBE_OVN"})
    void multus542_thePodOfTheSameNameThatFollowsFindsItsDevice(CniMode cni) {
        Set<String> uids = new TreeSet<>();
        for (int round = 0; round < 3; round++) {
            Pod pod = bound("web-0", cni);
            uids.add(pod.getMetadata().getUid());
            assertThat(cluster.exec(pod, "ip", "-o", "link"))
                    .contains("link/ether " + Pods.annotation(pod, "mac_address"));
            cluster.delete(pod);
        }
        assertThat(uids).hasSize(3);
    }

    @Test
    void antrea7144_theVfDoesNotKeepThePodsNameForIt() {
        cluster.useCni(CniMode.OTHER);
        Pod wish = new PodBuilder(Pods.labelled("named"))
                .editMetadata()
                .addToAnnotations("pod-offload.io/interface", "fast0")
                .endMetadata()
                .build();
        Pod pod = cluster.awaitBound(cluster.create(wish), "Bound");

        cluster.delete(pod);

        NODE.assertAsAtFirst("VF home from a pod that called it fast0");
    }

    @ParameterizedTest
    @EnumSource(
            value = CniMode.class,
            names = {"OTHER", "KUBE_OVN"})
    void ovnKubernetes869_ofTwoSandboxesOnlyTheNewestHoldsTheIfaceId(CniMode cni) {
        Pod pod = bound("twice", cni);
        String first = NODE.externalIds(NODE.representor(pod)).getOrDefault("pod-offload-sandbox", "none");

        cluster.restartSandbox(pod);

        Awaitility.await().atMost(OneNode.SOON).untilAsserted(() -> {
            List<String> holders = cluster.ovs().interfacesWith("iface-id", "twice.default.default.default.ovn");
            assertThat(holders).hasSize(1);
            assertThat(NODE.externalIds(holders.get(0)))
                    .containsEntry("ovn-installed", "true")
                    .containsKey("pod-offload-sandbox")
                    .doesNotContainEntry("pod-offload-sandbox", first);
        });
    }

    @Test
    void kubeOvn6420_theIfaceIdThatALateAddOfADeadSandboxTookIsTakenBack() {
        Pod pod = bound("living", CniMode.KUBE_OVN);
        String representor = NODE.representor(pod);
        String ifaceId = "living.default.default.default.ovn";
        try {
            cluster.ovs()
                    .vsctl(
                            "--no-wait",
                            "remove",
                            "Interface",
                            representor,
                            "external_ids",
                            "iface-id",
                            "--",
                            "add-port",
                            "br-int",
                            "deadbeef0000_h",
                            "--",
                            "set",
                            "Interface",
                            "deadbeef0000_h",
                            "external_ids:vendor=kube-ovn",
                            "external_ids:pod_name=living",
                            "external_ids:pod_namespace=default",
                            "external_ids:pod_netns=/var/run/netns/gone",
                            "external_ids:iface-id=" + ifaceId);

            Awaitility.await().atMost(OneNode.SOON).untilAsserted(() -> {
                assertThat(NODE.externalIds(representor))
                        .containsEntry("iface-id", ifaceId)
                        .containsEntry("ovn-installed", "true");
                assertThat(NODE.externalIds("deadbeef0000_h")).doesNotContainKey("iface-id");
            });
        } finally {
            cluster.ovs().vsctl("--if-exists", "del-port", "br-int", "deadbeef0000_h");
        }
    }

    @Test
    void ovsCni258_aPortThatIsGoneAlreadyIsNoFailure() {
        Pod pod = bound("portless", CniMode.OTHER);
        String representor = NODE.representor(pod);
        lingering(() -> {
            cluster.delete(pod);
            awaitVerdict(FIRST_VF, "WaitingForVf");
            cluster.ovs().vsctl("del-port", "br-int", representor);
        });

        NODE.assertAsAtFirst("a release whose port somebody else deleted");
    }

    /** sriov-cni removes its cache though the reset failed, and the kubelet's next DEL finds nothing to do. */
    @Test
    void sriovCniDel_aResetThatFailsIsTriedUntilItWorksAndForgetsNothing() {
        Pod pod = bound("unnameable", CniMode.OTHER);
        String representor = NODE.representor(pod);
        String index = cluster.exec(pod, "ip", "-o", "link", "show", "net1").replaceAll("(?s):.*", "");
        // its own name is taken, and the one that the kernel falls back to
        Programs.run("ip", "link", "add", FIRST_VF_NAME, "type", "veth", "peer", "name", "dev" + index);
        try {
            cluster.delete(pod);

            awaitVerdict(FIRST_VF, "StepFailed");
            assertThat(NODE.externalIds(representor))
                    .containsEntry("pod-offload-vf-name", FIRST_VF_NAME)
                    .containsEntry("pod-offload-vf-mtu", "1500");
        } finally {
            Programs.run("ip", "link", "del", FIRST_VF_NAME);
        }
        NODE.assertAsAtFirst("the name is free again");
    }

    @Test
    void kubeOvnDanger1_nothingIsTouchedWhileTheCniWorks() {
        cluster.useCni(CniMode.KUBE_OVN);
        cluster.ovn().pauseController();
        Pod pod;
        try {
            pod = cluster.create(Pods.labelled("in-the-making"));
            Awaitility.await().atMost(OneNode.SOON).until(() -> !rowsOf(pod).isEmpty());

            Awaitility.await()
                    .during(Duration.ofSeconds(2))
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> {
                        assertThat(NODE.externalIds(rowsOf(pod).get(0))).doesNotContainKey("pod-offload-owner");
                        assertThat(firstVf()).contains(FIRST_VF_NAME + " 02:5e:00:00:03:00 mtu 1500 alias ''");
                    });
        } finally {
            cluster.ovn().resumeController();
        }
        cluster.awaitBound(pod, "Adopted");
    }

    @Test
    void kubeOvnDanger4_itsGarbageCollectorFindsNothingOfTheBinders() {
        Pod pod = bound("kept", CniMode.OTHER);
        String representor = NODE.representor(pod);
        for (int minute = 0; minute < 5; minute++) {
            Programs.run("ip", "link", "set", representor, "down");

            cluster.collectGarbageAsKubeOvn();

            assertThat(cluster.ovs().ports()).containsExactly(representor);
            Awaitility.await().atMost(OneNode.SOON).until(() -> firstVf().contains("representor up"));
        }
    }

    @Test
    void kubeOvnDanger5_aPortThatIsRestoredIsFoundByKubeOvnsOwnDel() {
        Pod pod = bound("restored", CniMode.KUBE_OVN);
        String representor = NODE.representor(pod);
        cluster.ovs().vsctl("del-port", "br-int", representor);
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(NODE.externalIds(representor))
                        .containsEntry("ovn-installed", "true")
                        .containsEntry("pod_netns", cluster.netns(pod)));

        cluster.stopBinder();
        cluster.delete(pod);

        try {
            assertThat(cluster.ovs().ports()).as("kube-ovn's DEL took it down").isEmpty();
        } finally {
            cluster.startBinder();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = CniMode.class,
            names = {"OTHER", "KUBE_OVN"})
    void kubeOvnDanger7_aPodThatIsDeletedByForceKeepsItsVfWhileItsSandboxRuns(CniMode cni) {
        Pod pod = bound("forced", cni);
        String representor = NODE.representor(pod);
        String link = cluster.exec(pod, "ip", "-o", "link");
        cluster.stallKubelet();
        try {
            cluster.forceDelete(pod);

            Awaitility.await()
                    .during(Duration.ofSeconds(2))
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> {
                        assertThat(NODE.externalIds(representor))
                                .containsEntry("iface-id", "forced.default.default.default.ovn");
                        assertThat(cluster.exec(pod, "ip", "-o", "link")).isEqualTo(link);
                    });
        } finally {
            cluster.resumeKubelet();
        }
        NODE.assertAsAtFirst("the kubelet took the pod down");
    }

    @Test
    void kubeOvnDanger10_aRestartOfOpenVSwitchUnderRunningPodsChangesNothing() {
        Pod bound = bound("bound", CniMode.OTHER);
        Pod adopted = bound("adopted", CniMode.KUBE_OVN);
        List<String> links =
                List.of(cluster.exec(bound, "ip", "-o", "link"), cluster.exec(adopted, "ip", "-o", "link"));
        List<Map<String, String>> rows = List.of(ids(bound), ids(adopted));

        cluster.ovs().restart();

        Awaitility.await().atMost(OneNode.SOON).untilAsserted(() -> {
            assertThat(List.of(ids(bound), ids(adopted))).isEqualTo(rows);
            assertThat(cluster.ovs().column(NODE.representor(bound), "ofport")).isNotEqualTo("-1");
        });
        assertThat(List.of(cluster.exec(bound, "ip", "-o", "link"), cluster.exec(adopted, "ip", "-o", "link")))
                .isEqualTo(links);
        cluster.awaitBound(bound, "Bound");
        cluster.awaitBound(adopted, "Adopted");
    }

    @Test
    void kubeOvnDanger11_nothingOfOpenVSwitchsOwnConfigurationIsTouched() {
        String before = cluster.ovs().vsctl("get", "Open_vSwitch", ".", "other_config", "external_ids");

        cluster.delete(bound("harmless", CniMode.OTHER));
        cluster.delete(bound("harmless", CniMode.KUBE_OVN));

        assertThat(cluster.ovs().vsctl("get", "Open_vSwitch", ".", "other_config", "external_ids"))
                .isEqualTo(before);
    }

    @Test
    void kubeOvnDanger12_aVirtualMachineOfKubeVirtIsReportedAndLeftAlone() {
        cluster.useCni(CniMode.OTHER);
        Pod wish = new PodBuilder(Pods.labelled("virt-launcher"))
                .editMetadata()
                .addToAnnotations("default.default.ovn.kubernetes.io/virtualmachine", "vm1")
                .endMetadata()
                .build();

        Pod pod = cluster.awaitBound(cluster.create(wish), "BoundByAnother");

        assertThat(SimulatedCluster.bound(pod).orElseThrow().getMessage()).contains("vm1");
        assertThat(NodeState.of(cluster)).isEqualTo(NODE.atFirst());
    }

    private Pod bound(String name, CniMode cni) {
        cluster.useCni(cni);
        return cluster.awaitBound(cluster.create(Pods.labelled(name)), cni == CniMode.KUBE_OVN ? "Adopted" : "Bound");
    }

    private Pod pod(String name) {
        return cluster.client().pods().inNamespace("default").withName(name).require();
    }

    private void awaitRunning(Pod pod) {
        cluster.await(
                pod,
                now -> now.getStatus() != null
                        && "Running".equals(now.getStatus().getPhase()));
    }

    /** Runs {@code story} while namespaces that die do not die yet. */
    private void lingering(Runnable story) {
        cluster.letNamespacesLinger(true);
        try {
            story.run();
        } finally {
            cluster.letNamespacesLinger(false);
        }
    }

    /** Until the binder has noted on the representor what a person did to a free VF. */
    private static void awaitNote(String part) {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .until(() -> Programs.run("ip", "link").contains("pod-offload-vf pci=" + FIRST_VF + " " + part));
    }

    private void awaitVerdict(String pci, String reason) {
        Awaitility.await().atMost(OneNode.SOON).untilAsserted(() -> {
            for (JsonNode vf :
                    JsonMapper.shared().readTree(cluster.askBinder("/state")).path("vfs")) {
                if (vf.path("pci").asString().equals(pci)) {
                    assertThat(vf.path("reason").asString()).isEqualTo(reason);
                }
            }
        });
    }

    private String firstVf() {
        return NodeState.of(cluster).vfs().get(0);
    }

    private List<String> rowsOf(Pod pod) {
        return cluster.ovs().interfacesWith("iface-id", pod.getMetadata().getName() + ".default.default.default.ovn");
    }

    private Map<String, String> ids(Pod pod) {
        Map<String, String> ids = NODE.externalIds(NODE.representor(pod));
        ids.keySet().removeIf(key -> key.startsWith("ovn-") || key.equals("pod-offload-announced"));
        return ids;
    }
}
