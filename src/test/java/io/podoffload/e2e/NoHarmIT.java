package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs;
import io.podoffload.sim.Programs.ProgramFailed;
import io.podoffload.sim.SimulatedCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the running binder must never do, whatever others do on its node: docs/no-harm.md. */
class NoHarmIT {

    private static final String FIRST_VF = "0000:03:00.2";
    private static final String SUBNET = "ovn-default";
    private static final String PAUSED = "pod-offload.io/paused";
    private static final Duration KUBE_OVNS_MINUTE = Duration.ofSeconds(65);

    @RegisterExtension
    static final OneNode NODE = new OneNode("no-harm");

    private final SimulatedCluster cluster = NODE.cluster();

    /** As NetworkManager does with a representor that it manages. */
    @Test
    void aFightWithAnotherProgramEndsAndIsTold() throws Exception {
        String representor =
                cluster.nic().representor(cluster.nic().pciAddresses().get(0));
        double before = stepsDone("RepresentorDown");
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService opponent = Executors.newSingleThreadExecutor();
        Future<?> fight = opponent.submit(() -> {
            while (!over.get()) {
                Programs.run("ip", "link", "set", representor, "up");
            }
        });
        try {
            awaitVerdict(FIRST_VF, "Contested");
        } finally {
            over.set(true);
            fight.get();
            opponent.shutdown();
        }

        assertThat(stepsDone("RepresentorDown") - before).isBetween(25.0, 40.0);
        assertThat(detail(FIRST_VF)).contains(FIRST_VF, "see who it is with ip monitor link");
        assertThat(cluster.binderLog().lines().filter(line -> line.contains("somebody undoes the changes of")))
                .hasSize(1);
        NODE.assertAsAtFirst("the opponent gave up");

        cluster.useCni(CniMode.OTHER);
        cluster.awaitBound(cluster.create(Pods.labelled("next")), "Bound");
    }

    /** kube-ovn-cni writes the machine's name where it writes the pod's of others; kube-ovn 5811. */
    @Test
    void aVirtualMachineKeepsItsPortAndIsAdopted() {
        cluster.useCni(CniMode.KUBE_OVN);
        cluster.nic().letMachinesUse("mlx5_vfio_pci");
        cluster.offer(cluster.nic().pciAddresses().get(3), false);
        Pod launcher = cluster.awaitBound(
                cluster.create(new PodBuilder(Pods.labelled("virt-launcher-vm1-x2x4z"))
                        .editMetadata()
                        .addToAnnotations("default.default.ovn.kubernetes.io/virtualmachine", "vm1")
                        .endMetadata()
                        .build()),
                "Adopted");
        assertThat(SimulatedCluster.bound(launcher).orElseThrow().getMessage())
                .contains("virtual machine vm1", "OVN port vm1.default.default.default.ovn");
        Pod ofOthers =
                cluster.create(new PodBuilder(Pods.withVf("virt-launcher-vm2-w8k3p", "example.com/vfs_of_others"))
                        .editMetadata()
                        .addToAnnotations("v1.multus-cni.io/default-network", "default/default")
                        .addToAnnotations("default.default.ovn.kubernetes.io/virtualmachine", "vm2")
                        .endMetadata()
                        .build());
        cluster.await(
                ofOthers,
                now -> now.getStatus() != null
                        && "Running".equals(now.getStatus().getPhase()));
        List<String> rows = List.of(rowOf("vm1"), rowOf("vm2"));
        List<Map<String, String>> ids = rows.stream().map(NODE::externalIds).toList();

        cluster.stopBinder();
        cluster.startBinder();

        Awaitility.await()
                .during(KUBE_OVNS_MINUTE)
                .atMost(KUBE_OVNS_MINUTE.plus(OneNode.SOON))
                .untilAsserted(
                        () -> assertThat(rows.stream().map(NODE::externalIds).toList())
                                .isEqualTo(ids));
        assertThat(ids)
                .as("nothing of the binder")
                .allSatisfy(row -> assertThat(row.keySet()).noneMatch(key -> key.startsWith("pod-offload")));
        awaitVerdict(cluster.vfOf(ofOthers), "NotManaged");
        cluster.delete(launcher);
        cluster.delete(ofOthers);
        cluster.offer(cluster.nic().pciAddresses().get(3), true);
        cluster.nic().letMachinesUse("vfio-pci");
    }

    private String rowOf(String machine) {
        return cluster.ovs().interfacesWith("pod_name", machine).get(0);
    }

    /** Storage, RoCE, or pods of another resource: a VF of the same NIC, with an alias of somebody's and its representor up. */
    @Test
    void aVfThatIsNotForPodsIsLeftAsItIs() {
        int last = cluster.nic().pciAddresses().size() - 1;
        PciAddress vf = cluster.nic().pciAddresses().get(last);
        String netdev = cluster.nic().netdev(vf);
        String representor = cluster.nic().representor(vf);
        cluster.offer(vf, false);
        cluster.stopBinder();
        Programs.run("ip", "link", "set", representor, "up", "alias", "theirs");
        Programs.run("ip", "link", "set", netdev, "up", "mtu", "1300", "alias", "storage");
        Programs.run("ip", "address", "add", "192.168.9.9/24", "dev", netdev);
        String before = linksOf(netdev, representor);
        try {
            cluster.startBinder();
            awaitVerdict(vf.value(), "NotManaged");
            cluster.useCni(CniMode.OTHER);
            cluster.delete(cluster.awaitBound(cluster.create(Pods.labelled("beside")), "Bound"));
            Programs.run("ip", "link", "set", netdev, "down");
            Programs.run("ip", "link", "set", netdev, "up");

            Awaitility.await()
                    .during(Duration.ofSeconds(3))
                    .atMost(OneNode.SOON)
                    .untilAsserted(
                            () -> assertThat(linksOf(netdev, representor)).isEqualTo(before));
        } finally {
            Programs.run("ip", "address", "flush", "dev", netdev);
            Programs.run("ip", "link", "set", netdev, "down", "mtu", "1500", "alias", "");
            Programs.run("ip", "link", "set", representor, "alias", "");
            cluster.offer(vf, true);
        }
        awaitVerdict(vf.value(), "Free");
        NODE.assertAsAtFirst("the kubelet offers the VF again");
    }

    /** A CNI that brings the VF into a pod right after its admission, which the watch of pods shows a moment later. */
    @Test
    void aVfThatAPodHasJustBeenGivenIsLeftToItsCni() {
        PciAddress vf = cluster.nic().pciAddresses().get(0);
        String representor = cluster.nic().representor(vf);
        cluster.whileAllottedToUnknown(vf, () -> {
            Programs.run("ip", "link", "set", representor, "up");
            awaitVerdict(vf.value(), "WaitingForSandbox");
            assertThat(Programs.run("ip", "link", "show", representor)).contains(",UP");
        });
        awaitVerdict(vf.value(), "Free");
        NODE.assertAsAtFirst("the pod did not come");
    }

    /** The runtime knows its sandbox by another uid than the API server knows its mirror. */
    @Test
    void aStaticPodIsLeftToItsCniAndToldSo() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.create(new PodBuilder(Pods.withVf("static-node1"))
                .editMetadata()
                .addToLabels("pod-offload.io/enabled", "true")
                .addToAnnotations("kubernetes.io/config.mirror", "1f2e3d4c5b6a79880716253443526170")
                .addToAnnotations("kubernetes.io/config.hash", "1f2e3d4c5b6a79880716253443526170")
                .endMetadata()
                .build());

        cluster.awaitBound(pod, "StaticPod");

        assertThat(NODE.representors(pod)).isEmpty();
        cluster.delete(pod);
    }

    /** On a node with many pods, whose CNI makes a link for each. */
    @Test
    void linksThatAppearCauseNoLooksAtVfsOfOthers() {
        int last = cluster.nic().pciAddresses().size() - 1;
        PciAddress vf = cluster.nic().pciAddresses().get(last);
        String netdev = cluster.nic().netdev(vf);
        String representor =
                cluster.nic().representor(cluster.nic().pciAddresses().get(0));
        cluster.offer(vf, false);
        cluster.stopBinder();
        Programs.run("ip", "netns", "add", "theirs");
        Programs.run("ip", "link", "set", netdev, "netns", "theirs");
        try {
            cluster.startBinder();
            awaitVerdict(vf.value(), "NotManaged");
            double before = NODE.looks();
            for (int link = 0; link < 20; link++) {
                Programs.run("ip", "link", "add", "l" + link, "type", "veth", "peer", "name", "p" + link);
            }
            Programs.run("ip", "link", "set", representor, "alias", "", "up"); // the last event, which is followed
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .until(() -> Programs.run("ip", "link", "show", representor).contains("alias pod-offload"));

            assertThat(NODE.looks() - before).as("looks").isLessThan(15);
        } finally {
            for (int link = 0; link < 20; link++) {
                Programs.run("ip", "link", "del", "l" + link);
            }
            Programs.run("ip", "-n", "theirs", "link", "set", netdev, "netns", "1");
            Programs.run("ip", "netns", "del", "theirs");
            cluster.offer(vf, true);
        }
        awaitVerdict(vf.value(), "Free");
    }

    /** Its VF stays where it is, or goes to a program: the pod has no namespace that it could be moved into. */
    @Test
    void aPodOnTheHostsNetworkIsNotBothered() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.await(
                cluster.create(new PodBuilder(Pods.withVf("on-the-host"))
                        .editSpec()
                        .withHostNetwork(true)
                        .endSpec()
                        .build()),
                now -> now.getStatus() != null
                        && "Running".equals(now.getStatus().getPhase()));

        awaitVerdict(cluster.vfOf(pod), "Spare");
        assertThat(SimulatedCluster.bound(cluster.client()
                        .pods()
                        .inNamespace("default")
                        .withName("on-the-host")
                        .require()))
                .isEmpty();
        NODE.assertEvents(pod);
        cluster.delete(pod);
    }

    /** As when the binder restores it in the moment in which the CNI deletes it: the next sandbox has another representor's name. */
    @Test
    void aRowThatComesBackAfterItsSandboxIsGoneGoesByItself() {
        cluster.useCni(CniMode.KUBE_OVN);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("restarted")), "Adopted");
        String row = NODE.representor(pod);
        List<String> again = new ArrayList<>(List.of("add-port", "br-int", row, "--", "set", "interface", row));
        NODE.externalIds(row).forEach((key, value) -> {
            if (!key.equals("iface-id") && !key.startsWith("ovn-installed")) {
                again.add("external_ids:" + key + "=\"" + value + "\"");
            }
        });
        cluster.restartSandbox(pod);
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(
                        () -> assertThat(NODE.representors(pod)).hasSize(1).doesNotContain(row));

        cluster.ovs().vsctl(again.toArray(String[]::new));

        Awaitility.await()
                .atMost(KUBE_OVNS_MINUTE.plus(OneNode.SOON))
                .untilAsserted(
                        () -> assertThat(cluster.ovs().ports()).hasSize(1).doesNotContain(row));
        cluster.delete(pod);
    }

    /** By hand, without the label: the CNI of that network looks after the VF, and the pod was promised nothing. */
    @Test
    void aPodThatUsesItsVfForAnotherNetworkIsNotBotheredWithConditionsAndEvents() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.await(
                cluster.create(new PodBuilder(Pods.withVf("second-only"))
                        .editMetadata()
                        .addToAnnotations("k8s.v1.cni.cncf.io/networks", "default/sriov")
                        .endMetadata()
                        .build()),
                now -> now.getStatus() != null
                        && "Running".equals(now.getStatus().getPhase()));
        awaitVerdict(cluster.vfOf(pod), "OtherNetwork");
        String before = linksOf(
                cluster.nic().netdev(new PciAddress(cluster.vfOf(pod))),
                cluster.nic().representor(new PciAddress(cluster.vfOf(pod))));

        cluster.delete(cluster.awaitBound(cluster.create(Pods.labelled("another")), "Bound"));

        assertThat(linksOf(
                        cluster.nic().netdev(new PciAddress(cluster.vfOf(pod))),
                        cluster.nic().representor(new PciAddress(cluster.vfOf(pod)))))
                .isEqualTo(before);
        assertThat(SimulatedCluster.bound(cluster.client()
                        .pods()
                        .inNamespace("default")
                        .withName("second-only")
                        .require()))
                .isEmpty();
        NODE.assertEvents(pod);
        cluster.delete(pod);
    }

    /** By {@code kubectl annotate}, of whoever may change the pod. */
    @Test
    void aRunningPodKeepsTheAddressThatItWasBoundWith() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("edited")), "Bound");
        String before = cluster.exec(pod, "ip", "-o", "address", "show", "net1");
        String prefix = "default.default.ovn.kubernetes.io/";

        cluster.client()
                .pods()
                .inNamespace("default")
                .withName("edited")
                .edit(now -> new PodBuilder(now)
                        .editMetadata()
                        .addToAnnotations(prefix + "ip_address", "10.16.0.1")
                        .addToAnnotations(prefix + "mac_address", "02:66:66:66:66:66")
                        .endMetadata()
                        .build());

        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(detail(cluster.vfOf(pod))).contains("have changed since"));
        assertThat(cluster.exec(pod, "ip", "-o", "address", "show", "net1")).isEqualTo(before);
        assertThat(cluster.exec(pod, "ip", "link", "show", "net1")).doesNotContain("02:66:66:66:66:66");
        cluster.restartSandbox(pod);
        Awaitility.await()
                .atMost(OneNode.SOON)
                .ignoreExceptionsInstanceOf(ProgramFailed.class) // net1 is not there yet
                .untilAsserted(() -> assertThat(cluster.exec(pod, "ip", "-o", "address", "show", "net1"))
                        .contains("10.16.0.1/16"));
    }

    /** Its IPv6 is dead then, though all else is as it should be. */
    @Test
    void aPodWhoseAddressAnotherHostHasIsNotSaidToBeBound() {
        cluster.useCni(CniMode.KUBE_OVN);
        cluster.useDualStack(true);
        try {
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("doubled")), "Adopted");
            Matcher six = Pattern.compile("inet6 (fd00:\\S+)")
                    .matcher(cluster.exec(pod, "ip", "-6", "-o", "address", "show", "dev", "eth0", "scope", "global"));
            assertThat(six.find()).isTrue();
            Programs.run("ip", "address", "add", six.group(1), "dev", NODE.representor(pod), "nodad");
            cluster.exec(pod, "ip", "address", "del", six.group(1), "dev", "eth0");
            cluster.exec(pod, "ip", "address", "add", six.group(1), "dev", "eth0");
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(
                            () -> assertThat(cluster.exec(pod, "ip", "-6", "-o", "address", "show", "dev", "eth0"))
                                    .contains("dadfailed"));

            cluster.annotate(pod, "note", "to be looked at");

            Pod found = cluster.awaitBound(pod, "DuplicateAddress");
            assertThat(SimulatedCluster.bound(found).orElseThrow().getMessage()).contains(six.group(1));
            cluster.delete(pod);
        } finally {
            cluster.useDualStack(false);
        }
    }

    /** As kube-ovn-cni would give it. */
    @Test
    void anInterfaceThatTheBinderMakesHasTheMtuOfItsSubnet() {
        cluster.makeSubnet(SUBNET, Map.of("mtu", 1300));
        cluster.stopBinder(); // the Subnet was not there when it was read before
        cluster.startBinder();
        try {
            cluster.useCni(CniMode.OTHER);
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("small-packets")), "Bound");
            assertThat(cluster.exec(pod, "ip", "link", "show", "net1")).contains("mtu 1300");
            assertThat(Programs.run("ip", "link", "show", NODE.representor(pod)))
                    .contains("mtu 1300");
            cluster.delete(pod);
        } finally {
            cluster.deleteSubnet(SUBNET);
        }
    }

    /** kube-ovn-cni gives its own interface on each node the MTU that fits through its tunnels. */
    @Test
    void anInterfaceThatTheBinderMakesFitsThroughTheTunnelsOfTheNode() {
        Programs.run("ip", "link", "add", "ovn0", "mtu", "1450", "type", "veth", "peer", "name", "ovn0-peer");
        try {
            cluster.useCni(CniMode.OTHER);
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("through-the-tunnel")), "Bound");
            assertThat(cluster.exec(pod, "ip", "link", "show", "net1")).contains("mtu 1450");
            cluster.delete(pod);
        } finally {
            Programs.run("ip", "link", "del", "ovn0");
        }
    }

    /** Of a Subnet with a network of the nodes kube-ovn-cni writes a key more, without which tunnels go by another NIC. */
    @Test
    void aRowOfTheCniThatIsLostComesBackAsItWas() {
        cluster.makeSubnet(SUBNET, Map.of("nodeNetwork", "storage"));
        cluster.annotateNode("ovn.kubernetes.io/node_networks", "{\"storage\":\"127.0.0.1\"}");
        cluster.useDualStack(true);
        try {
            cluster.useCni(CniMode.KUBE_OVN);
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("by-storage")), "Adopted");
            String representor = NODE.representor(pod);
            Map<String, String> before = NODE.keysOfTheCni(representor);
            assertThat(before).containsEntry("encap-ip", "127.0.0.1").containsKey("ip");

            cluster.ovs().vsctl("del-port", "br-int", representor);

            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(
                            () -> assertThat(NODE.keysOfTheCni(representor)).isEqualTo(before));
            cluster.delete(pod);
        } finally {
            cluster.useDualStack(false);
            cluster.deleteSubnet(SUBNET);
        }
    }

    /** On the Node, by somebody on call: what runs goes on, and nothing changes until the annotation is gone. */
    @Test
    void aPausedNodeIsWatchedAndNothingOfItIsChanged() {
        cluster.useCni(CniMode.OTHER);
        Pod before = cluster.awaitBound(cluster.create(Pods.labelled("before")), "Bound");
        String representor = NODE.representor(before);
        annotateNode("INC-42: the card is looked at");
        awaitPaused(1);
        Map<String, Map<String, String>> rows = cluster.ovs().rows();

        Pod during = cluster.awaitBound(cluster.create(Pods.labelled("during")), "Paused");
        assertThat(SimulatedCluster.bound(during).orElseThrow().getMessage())
                .contains("Node node1 has the annotation pod-offload.io/paused: 'INC-42: the card is looked at'")
                .contains("to do is");
        cluster.useCni(CniMode.KUBE_OVN);
        Pod adopted = cluster.awaitBound(cluster.create(Pods.labelled("of-the-cni")), "Adopted");
        assertThat(cluster.ovs()
                        .externalIds(cluster.ovs()
                                .interfacesWith("pod_name", "of-the-cni")
                                .get(0)))
                .as("the CNI's row")
                .doesNotContainKey("pod-offload-owner");
        cluster.delete(adopted);
        cluster.useCni(CniMode.OTHER);
        Programs.run("ip", "link", "set", representor, "down");
        awaitVerdict(cluster.vfOf(before), "Paused");
        cluster.delete(before);
        assertThat(cluster.ovs().rows()).isEqualTo(rows);
        cluster.stopBinder();
        cluster.startBinder();
        awaitPaused(1);
        awaitVerdict(cluster.vfOf(during), "Paused");
        assertThat(cluster.ovs().rows()).as("after a restart of the binder").isEqualTo(rows);

        annotateNode("false");
        cluster.awaitBound(during, "Bound");
        awaitPaused(0);
        cluster.delete(during);
    }

    /** On a pod, by its owner: it concerns no other pod, not even the one that had the VF before. */
    @Test
    void aPausedPodIsLeftAsItIsAndItsVfWasGivenBackBefore() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("paused")), "Bound");
        String representor = NODE.representor(pod);
        annotate(pod, "true");
        Programs.run("ip", "link", "set", representor, "down");
        awaitVerdict(cluster.vfOf(pod), "Paused");
        assertThat(detail(cluster.vfOf(pod)))
                .startsWith("pod default/paused has the annotation pod-offload.io/paused: 'true'; to do is set "
                        + representor + " up");
        Pod beside = cluster.awaitBound(cluster.create(Pods.labelled("beside")), "Bound");
        cluster.delete(beside);

        annotate(pod, "false");
        cluster.awaitBound(pod, "Bound");
        annotate(pod, "true");
        awaitVerdict(cluster.vfOf(pod), "Bound");
        cluster.delete(pod);
        NODE.assertAsAtFirst("a paused pod was deleted");
    }

    /** Each change of the verdict is worth an Event, but not hundreds of objects. */
    @Test
    void aVerdictThatFlapsHasOneEventForEachReason() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("flapping")), "Bound");
        String representor = NODE.representor(pod);
        for (int turn = 0; turn < 3; turn++) {
            annotate(pod, "true");
            Programs.run("ip", "link", "set", representor, "down");
            cluster.awaitBound(pod, "Paused");
            annotate(pod, "false");
            cluster.awaitBound(pod, "Bound");
        }

        NODE.assertEvents(pod, "Bound", "Paused");
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() ->
                        assertThat(NODE.events(pod)).extracting(Event::getCount).containsExactly(4, 3));
        cluster.delete(pod);
    }

    @Test
    void aVfThatTheSettingsExcludeIsNeverChanged() {
        PciAddress vf = cluster.nic().pciAddresses().get(0);
        String representor = cluster.nic().representor(vf);
        cluster.useCni(CniMode.OTHER);
        cluster.stopBinder();
        Programs.run("ip", "link", "set", representor, "up");
        String before = linksOf(cluster.nic().netdev(vf), representor);
        cluster.startBinder(Map.of("pod-offload.exclude", vf.value()));
        try {
            awaitVerdict(vf.value(), "NotManaged");
            Pod pod = cluster.create(Pods.labelled("on-it"));
            cluster.await(pod, now -> SimulatedCluster.bound(now).isPresent());
            assertThat(cluster.vfOf(pod)).isEqualTo(vf.value());
            cluster.awaitBound(pod, "Excluded");
            assertThat(NODE.representors(pod)).isEmpty();
            cluster.delete(pod);
            awaitVerdict(vf.value(), "NotManaged");
            assertThat(linksOf(cluster.nic().netdev(vf), representor)).isEqualTo(before);
        } finally {
            cluster.stopBinder();
            cluster.startBinder();
        }
        NODE.assertAsAtFirst("no VF is excluded");
    }

    @Test
    void aPodOnAVfThatIsExcludedLaterStaysBoundUntilThereIsSomethingToDo() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("before")), "Bound");
        Map<String, Map<String, String>> rows = cluster.ovs().rows();
        cluster.stopBinder();
        cluster.startBinder(Map.of("pod-offload.exclude", "enp3s0f0"));
        try {
            awaitVerdict(cluster.vfOf(pod), "Bound");
            Programs.run("ip", "link", "set", NODE.representor(pod), "down");
            cluster.awaitBound(pod, "Excluded");
            cluster.delete(pod);
            assertThat(cluster.ovs().rows()).isEqualTo(rows);
        } finally {
            cluster.stopBinder();
            cluster.startBinder();
        }
        NODE.assertAsAtFirst("the PF is excluded no more");
    }

    private void annotateNode(String value) {
        cluster.annotateNode(PAUSED, value);
    }

    private void annotate(Pod pod, String value) {
        cluster.annotate(pod, PAUSED, value);
    }

    private void awaitPaused(int value) {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(cluster.askBinder("/actuator/prometheus"))
                        .contains("pod_offload_binder_paused " + value + ".0"));
    }

    private static String linksOf(String netdev, String representor) {
        return Programs.run("ip", "-o", "link", "show", netdev)
                + Programs.run("ip", "-o", "-4", "address", "show", netdev)
                + Programs.run("ip", "-o", "link", "show", representor);
    }

    private double stepsDone(String step) {
        Matcher count = Pattern.compile(
                        "pod_offload_binder_step_duration_seconds_count\\{[^}]*outcome=\"done\"[^}]*step=\"" + step
                                + "\"[^}]*} (\\S+)")
                .matcher(cluster.askBinder("/actuator/prometheus"));
        return count.find() ? Double.parseDouble(count.group(1)) : 0;
    }

    private JsonNode vf(String pci) {
        return JsonMapper.shared()
                .readTree(cluster.askBinder("/state"))
                .path("vfs")
                .valueStream()
                .filter(vf -> vf.path("pci").asString().equals(pci))
                .findFirst()
                .orElseThrow();
    }

    private String detail(String pci) {
        return vf(pci).path("detail").asString();
    }

    private void awaitVerdict(String pci, String reason) {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(
                        () -> assertThat(vf(pci).path("reason").asString()).isEqualTo(reason));
    }
}
