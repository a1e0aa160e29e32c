package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.OpenVSwitch;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** One node, the real webhook and the real binder; after each test ports and VFs are what they were. */
class PodStoryIT {

    @RegisterExtension
    static final OneNode NODE = new OneNode("stories");

    private final SimulatedCluster cluster = NODE.cluster();

    @Test
    void aPodThatKubeOvnPutOnItsVfIsAdopted() {
        cluster.useCni(CniMode.KUBE_OVN);

        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("adopted")), "Adopted");

        assertThat(SimulatedCluster.bound(pod).orElseThrow().getStatus()).isEqualTo("True");
        String representor = NODE.representor(pod);
        assertThat(representor).as("kube-ovn's name for it stays").endsWith("_h");
        assertThat(NODE.externalIds(representor))
                .containsEntry("vendor", "kube-ovn")
                .containsEntry("pod-offload-owner", "adopted")
                .containsEntry("iface-id", "adopted.default.default.default.ovn")
                .doesNotContainKey("pod-offload-vf-name");
        assertThat(cluster.exec(pod, "ip", "-br", "address", "show", "eth0")).contains(Pods.address(pod) + "/16");
        assertThat(cluster.ovn().isUp("adopted.default.default.default.ovn")).isTrue();
        NODE.assertEvents(pod, "Adopted");
    }

    @Test
    void aPodOfAnotherCniIsBoundByTheBinder() {
        cluster.useCni(CniMode.OTHER);

        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("bound")), "Bound");

        String link = cluster.exec(pod, "ip", "-o", "-d", "address", "show", "net1");
        assertThat(link).contains("inet " + Pods.address(pod) + "/16");
        assertThat(cluster.exec(pod, "ip", "-o", "link", "show", "net1"))
                .contains("link/ether " + Pods.annotation(pod, "mac_address"))
                .contains("mtu 1400")
                .contains(",UP,");
        assertThat(cluster.exec(pod, "ip", "route", "show", "default"))
                .as("eth0 keeps it")
                .contains("dev eth0");
        assertThat(NODE.externalIds(NODE.representor(pod)))
                .containsEntry("iface-id", "bound.default.default.default.ovn")
                .containsEntry("pod-offload-owner", "bound")
                .containsEntry("pod-offload-vf-mtu", "1500")
                .doesNotContainKeys("vendor", "pod_name", "pod_namespace", "pod_netns");
        assertThat(cluster.ovn().isUp("bound.default.default.default.ovn")).isTrue();
        NODE.assertEvents(pod, "Bound");
    }

    @Test
    void bothTalkToEachOtherThroughTheirRepresentors() {
        cluster.useCni(CniMode.KUBE_OVN);
        Pod adopted = cluster.awaitBound(cluster.create(Pods.labelled("one")), "Adopted");
        cluster.useCni(CniMode.OTHER);
        Pod bound = cluster.awaitBound(cluster.create(Pods.labelled("two")), "Bound");
        OpenVSwitch.Packets before = cluster.ovs().packets(NODE.representor(adopted));

        String ping =
                cluster.exec(bound, "ping", "-c", "5", "-i", "0.2", "-I", Pods.address(bound), Pods.address(adopted));
        String page = cluster.exec(
                bound,
                "curl",
                "-sS",
                "--max-time",
                "10",
                "--interface",
                Pods.address(bound),
                "http://" + Pods.address(adopted));

        assertThat(ping).contains("5 received, 0% packet loss");
        assertThat(page).contains("Welcome to nginx, served by pod one");
        assertThat(cluster.ovs().packets(NODE.representor(adopted)).toPod() - before.toPod())
                .isGreaterThanOrEqualTo(5);
    }

    @Test
    void aPodThatAsksForAnInterfaceNameGetsIt() {
        cluster.useCni(CniMode.OTHER);
        Pod wish = new PodBuilder(Pods.labelled("named"))
                .editMetadata()
                .addToAnnotations("pod-offload.io/interface", "fast0")
                .addToAnnotations("keep", "me")
                .endMetadata()
                .build();

        Pod pod = cluster.awaitBound(cluster.create(wish), "Bound");

        assertThat(pod.getMetadata().getAnnotations()).containsEntry("keep", "me");
        assertThat(cluster.exec(pod, "ip", "-br", "address", "show", "fast0")).contains(Pods.address(pod));
    }

    @Test
    void aPodWithoutTheLabelOrWithItsOptOutIsLeftAlone() {
        cluster.useCni(CniMode.OTHER);
        Pod optedOut = new PodBuilder(Pods.plain("opted-out"))
                .editMetadata()
                .addToLabels("pod-offload.io/enabled", "false")
                .endMetadata()
                .build();

        for (Pod pod : List.of(cluster.create(Pods.plain("plain")), cluster.create(optedOut))) {
            Pod running = cluster.await(
                    pod,
                    now -> now.getStatus() != null
                            && "Running".equals(now.getStatus().getPhase()));

            assertThat(running.getMetadata().getAnnotations()).doesNotContainKey("v1.multus-cni.io/default-network");
            assertThat(SimulatedCluster.bound(running)).isEmpty();
        }
        assertThat(cluster.ovs().ports()).isEmpty();
    }

    @Test
    void aLabelThatMeansNothingIsRefusedWithTheCure() {
        Pod pod = new PodBuilder(Pods.plain("maybe"))
                .editMetadata()
                .addToLabels("pod-offload.io/enabled", "maybe")
                .endMetadata()
                .build();

        assertThatThrownBy(() -> cluster.create(pod))
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        refusal -> assertThat(refusal.getCode()).isEqualTo(422))
                .hasMessageContaining("admission webhook \"label.pod-offload.io\" denied the request")
                .hasMessageContaining("write \"true\" to opt in or \"false\" to opt out");
    }

    @Test
    void whatTheUserWroteAlreadyIsKept() {
        cluster.useCni(CniMode.OTHER);
        Pod whole = new PodBuilder(Pods.labelled("by-hand"))
                .editMetadata()
                .addToAnnotations("v1.multus-cni.io/default-network", "default/default")
                .endMetadata()
                .editSpec()
                .editFirstContainer()
                .withNewResources()
                .addToRequests(Pods.RESOURCE, new Quantity("1"))
                .addToLimits(Pods.RESOURCE, new Quantity("1"))
                .endResources()
                .endContainer()
                .endSpec()
                .build();

        Pod pod = cluster.create(whole);

        assertThat(pod.getSpec().getContainers().get(0).getResources().getLimits())
                .isEqualTo(Map.of(Pods.RESOURCE, new Quantity("1")));
        cluster.awaitBound(pod, "Bound");
    }

    @Test
    void withoutTheWebhookNoLabelledPodSlipsThroughAndOthersAreNotHeldUp() {
        cluster.useCni(CniMode.OTHER);
        cluster.stopWebhook();
        try {
            assertThatThrownBy(() -> cluster.create(Pods.labelled("unlucky")))
                    .hasMessageContaining("failed calling webhook \"label.pod-offload.io\"");
            assertThat(cluster.create(Pods.plain("lucky")).getMetadata().getUid())
                    .isNotEmpty();
        } finally {
            cluster.startWebhook();
        }
    }

    @Test
    void aPodKilledWhileOvnHasNotInstalledItsPortLeavesNothing() {
        cluster.useCni(CniMode.OTHER);
        cluster.ovn().pauseController();
        try {
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("killed")), "WaitingForOvn");

            cluster.delete(pod);

            Awaitility.await().atMost(OneNode.SOON).untilAsserted(() -> {
                assertThat(cluster.ovs().ports()).isEmpty();
                assertThat(vfs()).isEqualTo(NODE.atFirst().vfs());
            });
        } finally {
            cluster.ovn().resumeController();
        }
    }

    @Test
    void aPodKilledWhileTheDatabaseDoesNotAnswerLeavesNothing() {
        cluster.useCni(CniMode.OTHER);
        cluster.ovs().pauseDatabase();
        Pod pod = cluster.create(Pods.labelled("killed"));
        try {
            cluster.await(
                    pod,
                    now -> now.getStatus() != null
                            && "Running".equals(now.getStatus().getPhase()));
            cluster.delete(pod);
        } finally {
            cluster.ovs().resumeDatabase();
        }
    }

    @Test
    void podsKilledAtAnyMomentLeaveNothing() {
        for (int round = 0; round < 12; round++) {
            cluster.useCni(round % 3 == 2 ? CniMode.KUBE_OVN : CniMode.OTHER);
            Pod pod = cluster.create(Pods.labelled("short-" + round));
            long moment = round * 40L;
            Awaitility.await().pollDelay(Duration.ofMillis(moment)).until(() -> true);
            cluster.delete(pod);
        }
    }

    @Test
    void aPodThatWentWhileTheBinderWasDeadIsCleanedUpAtItsStart() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("orphan")), "Bound");

        cluster.killBinder();
        cluster.delete(pod);
        assertThat(cluster.ovs().ports()).as("nobody was there to take it down").hasSize(1);
        cluster.startBinder();

        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(vfs()).isEqualTo(NODE.atFirst().vfs()));
    }

    @Test
    void aRestartOfTheBinderMovesNoVfAndLosesNoPacket(@TempDir Path folder) throws Exception {
        cluster.useCni(CniMode.OTHER);
        Pod one = cluster.awaitBound(cluster.create(Pods.labelled("one")), "Bound");
        Pod two = cluster.awaitBound(cluster.create(Pods.labelled("two")), "Bound");
        String before = cluster.exec(one, "ip", "-d", "link", "show", "net1");
        Process ping = new ProcessBuilder(
                        "nsenter",
                        "--net=" + cluster.netns(one),
                        "--",
                        "ping",
                        "-i",
                        "0.05",
                        "-I",
                        Pods.address(one),
                        Pods.address(two))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("ping").toFile())
                .start();

        cluster.stopBinder();
        cluster.startBinder();
        cluster.killBinder();
        cluster.startBinder();
        int sofar = replies(folder).size();
        Awaitility.await().atMost(OneNode.SOON).until(() -> replies(folder).size() > sofar + 5);
        Programs.signal("INT", Long.toString(ping.pid()));

        ping.waitFor();
        List<Integer> replies = replies(folder);
        assertThat(replies)
                .as(Files.readString(folder.resolve("ping")))
                .isEqualTo(IntStream.rangeClosed(1, replies.size()).boxed().toList());
        assertThat(cluster.exec(one, "ip", "-d", "link", "show", "net1")).isEqualTo(before);
        NODE.assertEvents(one, "Bound");
    }

    /** Numbers of the packets that were answered; one that is under way when ping ends is not among them. */
    private static List<Integer> replies(Path folder) throws IOException {
        return Pattern.compile("icmp_seq=(\\d+) ttl")
                .matcher(Files.readString(folder.resolve("ping")))
                .results()
                .map(reply -> Integer.valueOf(reply.group(1)))
                .toList();
    }

    @Test
    void aPortThatIsDeletedByHandComesBackWithItsMark() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("repaired")), "Bound");
        String representor = NODE.representor(pod);
        Map<String, String> before = NODE.externalIds(representor);

        cluster.ovs().vsctl("del-port", "br-int", representor);

        Awaitility.await().atMost(OneNode.SOON).untilAsserted(() -> {
            Map<String, String> after = NODE.externalIds(representor);
            assertThat(after).containsEntry("ovn-installed", "true");
            assertThat(withoutOvnKeys(after)).isEqualTo(withoutOvnKeys(before));
        });
    }

    @Test
    void aRepresentorThatIsRenamedUnderARunningPodIsPluggedInAgain() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("renamed")), "Bound");
        String before = NODE.representor(pod);

        Programs.run("ip", "link", "set", before, "down");
        Programs.run("ip", "link", "set", before, "name", "other-name");

        Awaitility.await().atMost(OneNode.SOON).untilAsserted(() -> {
            assertThat(cluster.ovs().ports()).containsExactly("other-name");
            assertThat(NODE.externalIds("other-name"))
                    .containsEntry("iface-id", "renamed.default.default.default.ovn")
                    .containsEntry("ovn-installed", "true");
        });
    }

    @Test
    void anIfaceIdThatIsStrippedIsPutBack() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("stripped")), "Bound");
        String representor = NODE.representor(pod);

        cluster.ovs().vsctl("remove", "Interface", representor, "external_ids", "iface-id");

        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(NODE.externalIds(representor))
                        .containsEntry("iface-id", "stripped.default.default.default.ovn")
                        .containsEntry("ovn-installed", "true"));
    }

    @Test
    void aNewSandboxOfThePodGetsTheVf() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("restarted")), "Bound");
        String firstSandbox = NODE.externalIds(NODE.representor(pod)).getOrDefault("pod-offload-sandbox", "");

        cluster.restartSandbox(pod);

        Awaitility.await().atMost(OneNode.SOON).untilAsserted(() -> {
            assertThat(NODE.externalIds(NODE.representor(pod)))
                    .containsEntry("ovn-installed", "true")
                    .doesNotContainEntry("pod-offload-sandbox", firstSandbox);
            assertThat(cluster.exec(pod, "ip", "-br", "address", "show", "net1"))
                    .contains(Pods.address(pod));
        });
    }

    @Test
    void aPodOnAVethIsToldWhyAndLeftAlone() {
        cluster.useCni(CniMode.KUBE_OVN_WITHOUT_DEVICE_ID);

        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("on-a-veth")), "VethInsteadOfVf");

        assertThat(SimulatedCluster.bound(pod).orElseThrow().getMessage()).contains("k8s.v1.cni.cncf.io/resourceName");
        assertThat(vfs()).as("its VF stays idle").isEqualTo(NODE.atFirst().vfs());
        NODE.assertEvents(pod, "VethInsteadOfVf");
    }

    @Test
    void aVfGoesFromOnePodToTheNextClean() {
        cluster.useCni(CniMode.OTHER);
        for (int round = 0; round < 3; round++) {
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("same-name")), "Bound");
            assertThat(NODE.externalIds(NODE.representor(pod))).containsEntry("pod-offload-vf-mtu", "1500");
            cluster.delete(pod);
        }
    }

    private List<String> vfs() {
        return NodeState.of(cluster).vfs();
    }

    private static Map<String, String> withoutOvnKeys(Map<String, String> ids) {
        ids.keySet().removeIf(key -> key.startsWith("ovn-") || key.equals("pod-offload-announced"));
        return ids;
    }
}
