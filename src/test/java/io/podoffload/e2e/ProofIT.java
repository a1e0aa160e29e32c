package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
import io.podoffload.sim.SimulatedCluster.Printed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whether packets run in the NIC - here they never do - and why not, on the simulated node with Open vSwitch's own datapath. */
class ProofIT {

    @RegisterExtension
    static final OneNode NODE =
            new OneNode("proof", SimulatedCluster.Options.DEFAULT.with(Map.of("pod-offload.proof", "1s")));

    /** A setting, so that the command examines the node itself, with the rights of its caller. */
    private static final String BY_ITSELF = "--pod-offload.bridge=br-int";

    private final SimulatedCluster cluster = NODE.cluster();

    private static Optional<PodCondition> offloaded(Pod pod) {
        return Optional.ofNullable(pod.getStatus()).stream()
                .flatMap(status -> status.getConditions().stream())
                .filter(condition -> condition.getType().equals("pod-offload.io/offloaded"))
                .findFirst();
    }

    private Pod awaitOffloaded(Pod pod, String reason) {
        return cluster.await(
                pod, seen -> offloaded(seen).map(PodCondition::getReason).equals(Optional.of(reason)));
    }

    private void ping(Pod from, Pod to) {
        cluster.exec(from, "ping", "-c", "60", "-i", "0.05", Pods.address(to));
    }

    @Test
    void aPodWithoutTrafficIsUnknownUntilItsPacketsShowWhoForwardsThem() {
        cluster.useCni(CniMode.OTHER);
        Pod one = cluster.awaitBound(cluster.create(Pods.labelled("one")), "Bound");
        Pod two = cluster.awaitBound(cluster.create(Pods.labelled("two")), "Bound");

        Pod idle = awaitOffloaded(one, "NoTraffic");
        assertThat(offloaded(idle).orElseThrow().getStatus()).isEqualTo("Unknown");

        ping(one, two);

        Pod busy = awaitOffloaded(one, "NotOffloaded");
        PodCondition condition = offloaded(busy).orElseThrow();
        assertThat(condition.getStatus()).isEqualTo("False");
        assertThat(condition.getMessage())
                .contains("The CPU forwards the pod's packets. 0 % of its packets")
                .contains("other_config:hw-offload of Open vSwitch is not set")
                .contains("HW_OFFLOAD=true");
        assertThat(SimulatedCluster.bound(busy).orElseThrow().getStatus())
                .as("the other condition stays")
                .isEqualTo("True");
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(NODE.events(busy))
                        .extracting(Event::getReason)
                        .containsExactlyInAnyOrder("Bound", "NotOffloaded"));
        assertThat(cluster.askBinder("/actuator/prometheus"))
                .containsPattern(
                        "pod_offload_binder_pod_packets_total\\{namespace=\"default\",path=\"software\",pod=\"one\".*\\} [1-9]")
                .containsPattern("pod_offload_binder_flows\\{path=\"software\"\\} [1-9]")
                .contains("pod_offload_binder_flows_malformed 0.0");

        assertThat(cluster.askBinder("/"))
                .contains("<h1>Node node1</h1>", "4 VFs, 2 held by pods, 0 not as they should be")
                .containsPattern("<td>default/one</td><td>enp3s0f0_\\d</td><td><span class=\"ok\">Bound</span>")
                .contains(
                        "<span class=\"bad\">NotOffloaded</span>",
                        "aria-label=\"0 % of the packets in the NIC when last seen\"");

        cluster.delete(one);
        cluster.delete(two);
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(cluster.askBinder("/actuator/prometheus"))
                        .as("no series is left of a pod that is gone")
                        .doesNotContain("pod=\"one\""));
    }

    @Test
    void explainFollowsThePodAndMarksWhereItBreaks() throws IOException {
        cluster.useCni(CniMode.OTHER);
        Pod one = cluster.awaitBound(cluster.create(Pods.labelled("one")), "Bound");
        String representor = NODE.representor(one);
        String index = Programs.run("ip", "-o", "link", "show", representor).replaceAll("(?s):.*", "");
        try {
            cluster.ovs().vsctl("set", "Open_vSwitch", ".", "other_config:tc-policy=skip_hw");
            cluster.ovs()
                    .vsctl(
                            "add-port",
                            "br-int",
                            "nobody",
                            "--",
                            "set",
                            "Interface",
                            "nobody",
                            "external_ids:iface-id=gone.default");
            cluster.ovs()
                    .vsctl(
                            "add-port",
                            "br-int",
                            "double",
                            "--",
                            "set",
                            "Interface",
                            "double",
                            "type=internal",
                            "external_ids:iface-id=gone.default");
            Programs.run("ip", "link", "set", "enp3s0f0_3", "mtu", "1600");
            cluster.ovs().vsctl("add-port", "br-int", "enp3s0f0_3");
            Files.createDirectories(cluster.networkManager());
            Files.writeString(cluster.networkManager().resolve(index), "[device]\nmanaged=true\n");
            Printed printed = cluster.runBinderCommand("explain", "default/one", BY_ITSELF);

            assertThat(printed.exitCode()).isEqualTo(1);
            assertThat(printed.text())
                    .containsPattern("✓ admission +the pod names a default network and requests a VF")
                    .containsPattern("✓ allocation +the kubelet allotted \\[0000:03:0")
                    .containsPattern("✓ CNI +Bound: ")
                    .containsPattern(
                            "✓ VF +0000:03:0.* is VF . of PF 0000:03:00.0 \\(enp3s0f0\\), and its netdev is in another")
                    .containsPattern(
                            "✗ representor +hw-tc-offload of " + representor + " is not to be had   <- breaks here")
                    .containsPattern("✓ OVS port +" + representor
                            + " is port \\d+ with iface-id one.default.default.default.ovn")
                    .containsPattern("✓ OVN ")
                    .containsPattern("\\? flows +NoTraffic: \\d packets") // an idle pod multicasts now and then
                    .contains("HwOffloadUnset: other_config:hw-offload of Open vSwitch is not set")
                    .contains("TcPolicy: other_config:tc-policy of Open vSwitch is skip_hw")
                    .contains("SmallMtu: the MTU of enp3s0f0_3 is 1600, that of its uplink enp3s0f0 1500")
                    .contains("NetworkManagerManagesVfs: NetworkManager manages " + representor)
                    .contains("PortNotOpened: ovs-vswitchd could not open nobody")
                    .contains("IfaceIdTwice: iface-id gone.default is on several interfaces: ")
                    .contains("NoSubnet: no Subnet of Kube-OVN has spec.provider default.default.ovn");
        } finally {
            Files.delete(cluster.networkManager().resolve(index));
            cluster.ovs().vsctl("del-port", "br-int", "enp3s0f0_3");
            Programs.run("ip", "link", "set", "enp3s0f0_3", "mtu", "1500");
            cluster.ovs().vsctl("del-port", "br-int", "nobody");
            cluster.ovs().vsctl("del-port", "br-int", "double");
            cluster.ovs().vsctl("remove", "Open_vSwitch", ".", "other_config", "tc-policy");
        }
    }

    @Test
    void explainSaysWhyAPodIsOnAVethOrHasNoVfAtAll() {
        cluster.useCni(CniMode.KUBE_OVN_WITHOUT_DEVICE_ID);
        cluster.awaitBound(cluster.create(Pods.labelled("veth")), "VethInsteadOfVf");
        cluster.useCni(CniMode.OTHER);
        Pod plain = cluster.create(Pods.plain("plain"));
        cluster.await(plain, seen -> seen.getSpec().getNodeName() != null);

        assertThat(cluster.runBinderCommand("explain", "default/veth").text())
                .containsPattern("✗ CNI +VethInsteadOfVf: .*resourceName.*<- breaks here");
        assertThat(cluster.runBinderCommand("explain", "default/plain").text())
                .containsPattern("✗ admission +the pod does not opt in.*<- breaks here")
                .contains("Label it pod-offload.io/enabled=true");
        Printed nobody = cluster.runBinderCommand("explain", "default/nobody");
        assertThat(nobody.exitCode()).isEqualTo(1);
        assertThat(nobody.text()).contains("there is no pod default/nobody");
    }

    @Test
    void explainFindsThatTheNodeHasNoNicWithSriov(@TempDir Path sysfs) throws IOException {
        Path ordinary = Files.createDirectories(sysfs.resolve("bus/pci/devices/0000:03:00.0"));
        Files.writeString(ordinary.resolve("class"), "0x020000\n");
        Files.writeString(ordinary.resolve("vendor"), "0x8086\n");
        cluster.useCni(CniMode.OTHER);
        cluster.awaitBound(cluster.create(Pods.labelled("one")), "Bound");

        Printed printed = cluster.runBinderCommand("explain", "default/one", "--pod-offload.sysfs=" + sysfs);

        assertThat(printed.exitCode()).isEqualTo(1);
        assertThat(printed.text())
                .contains("✗ VF ")
                .contains("NoPfWithSriov: no PF with SR-IOV was found")
                .contains("SRIOV_EN=1");
    }

    @Test
    void dashboardAndAlertsAskForMetricsThatThereAre() throws IOException {
        cluster.useCni(CniMode.OTHER);
        cluster.awaitBound(cluster.create(Pods.labelled("one")), "Bound");
        Predicate<String> countsOfAPod =
                Pattern.compile("(?m)^pod_offload_binder_pod_packets_total[{]").asPredicate();
        // the counters of a pod begin with the second dump of the flows after it is bound
        String binder = Awaitility.await()
                .atMost(OneNode.SOON)
                .until(() -> cluster.askBinder("/actuator/prometheus"), countsOfAPod);
        String metrics = binder + cluster.ask(8080, "/actuator/prometheus");
        Path chart = Path.of(System.getProperty("project.root"), "charts/pod-offload");
        String asked = Files.readString(chart.resolve("dashboard.json"))
                + Files.readString(chart.resolve("templates/alerts.yaml"));

        assertThat(Pattern.compile("pod_offload_\\w+")
                        .matcher(asked)
                        .results()
                        .map(MatchResult::group)
                        .distinct())
                .isNotEmpty()
                .allSatisfy(name -> assertThat(metrics).containsPattern("(?m)^" + name + "[{ ]"));
    }

    @Test
    void doctorLooksAtTheNode() {
        Printed printed = cluster.runBinderCommand("doctor", "--output", "json");

        assertThat(printed.exitCode()).isEqualTo(1);
        JsonNode results = JsonMapper.shared().readTree(printed.text());
        assertThat(results.valueStream()
                        .filter(result -> !result.path("well").asBoolean())
                        .map(result -> result.path("check").asString()))
                .containsExactly("HwOffloadUnset");
        assertThat(cluster.runBinderCommand("doctor").text())
                .contains("✗ HwOffloadUnset: other_config:hw-offload of Open vSwitch is not set")
                .contains("✓ the kernel can offload connection tracking");
        cluster.ovs().vsctl("set", "Open_vSwitch", ".", "other_config:hw-offload=true");
        try {
            assertThat(cluster.runBinderCommand("doctor").exitCode()).isZero();
        } finally {
            cluster.ovs().vsctl("remove", "Open_vSwitch", ".", "other_config", "hw-offload");
        }
        assertThat(cluster.runBinderCommand("doctor", "--nonsense").exitCode()).isEqualTo(2);
    }

    @Test
    void inventoryListsWhatThereIsAndWhoHasIt() {
        cluster.useCni(CniMode.OTHER);
        Pod one = cluster.awaitBound(cluster.create(Pods.labelled("one")), "Bound");

        Printed table = cluster.runBinderCommand("inventory");
        Printed json = cluster.runBinderCommand("inventory", "-o", "json");

        assertThat(table.exitCode()).isZero();
        assertThat(table.text())
                .containsPattern("PF 0000:03:00.0 15b3:101d +enp3s0f0 .* 4 of 127 VFs")
                .containsPattern(
                        "0000:03:00.\\d +mlx5_core +\\(elsewhere\\) +" + NODE.representor(one) + " .* default/one");
        assertThat(JsonMapper.shared()
                        .readTree(json.text())
                        .path("pfs")
                        .path(0)
                        .path("vfs")
                        .valueStream()
                        .map(vf -> vf.path("pod").asString("")))
                .containsExactlyInAnyOrder("default/one", "", "", "");
    }

    @Test
    void preparationSaysWhatItWouldDoAndWhatIsInTheWay() {
        cluster.useCni(CniMode.OTHER);
        cluster.awaitBound(cluster.create(Pods.labelled("one")), "Bound");
        String pf = "--pod-offload.prepare.pfs[0].";

        Printed nothing = cluster.runBinderCommand("prepare", "--plan");
        Printed more = cluster.runBinderCommand("prepare", "--plan", pf + "netdev=enp3s0f0", pf + "vfs=8");
        Printed absent = cluster.runBinderCommand("prepare", pf + "netdev=eth9", pf + "vfs=8");
        Printed wrong = cluster.runBinderCommand("prepare", pf + "netdev=enp3s0f0", pf + "eswitch=on");

        assertThat(nothing.exitCode()).isZero();
        assertThat(more.exitCode()).isEqualTo(1);
        assertThat(more.text())
                .contains("would remove its 4 VFs", "would make 8 VFs")
                .containsPattern("refused: pod default/one holds VF 0000:03:00.\\d: drain the node, or delete the pod");
        assertThat(absent.exitCode()).isEqualTo(1);
        assertThat(absent.text())
                .contains("there is no PF with netdev eth9; those with SR-IOV are: 0000:03:00.0 (enp3s0f0)");
        assertThat(wrong.exitCode()).as("a setting is wrong").isEqualTo(2);
        assertThat(wrong.error()).contains("eswitch is 'on', which is none of [legacy, switchdev]");
    }

    @Test
    void doctorLooksAtTheCluster() {
        assertThat(cluster.runBinderCommand("doctor", "--cluster").text())
                .contains("✗ WrongProvider: the provider of NetworkAttachmentDefinition default/default is ''")
                .contains("✗ NoSubnet: ")
                .contains("✗ NoResource: no node offers mellanox.com/cx5_sriov_switchdev")
                .contains("✓ each NetworkAttachmentDefinition names its resource");
        makeTheClusterWell();

        Printed well = cluster.runBinderCommand("doctor", "--cluster");

        assertThat(well.text()).doesNotContain("✗");
        assertThat(well.exitCode()).isZero();
    }

    @Test
    void explainSaysWhatIsWrongWithTheNetworkOfThePod() {
        cluster.useCni(CniMode.OTHER);
        cluster.awaitBound(cluster.create(Pods.labelled("one")), "Bound");
        GenericKubernetesResource before = network().get();
        try {
            network().edit(network -> {
                network.getMetadata().setAnnotations(Map.of());
                return network;
            });
            assertThat(cluster.runBinderCommand("explain", "default/one", BY_ITSELF)
                            .text())
                    .contains("NoResourceName: NetworkAttachmentDefinition default/default has"
                            + " k8s.v1.cni.cncf.io/resourceName ''")
                    .contains("no deviceID reaches the CNI and pods get a veth");

            network().delete();
            assertThat(cluster.runBinderCommand("explain", "default/one", BY_ITSELF)
                            .text())
                    .contains("NetworkMissing: there is no NetworkAttachmentDefinition default/default");
        } finally {
            network().delete();
            before.getMetadata().setResourceVersion(null);
            cluster.client().resource(before).create();
        }
    }

    private Resource<GenericKubernetesResource> network() {
        return cluster.client()
                .genericKubernetesResources(new ResourceDefinitionContext.Builder()
                        .withGroup("k8s.cni.cncf.io")
                        .withVersion("v1")
                        .withKind("NetworkAttachmentDefinition")
                        .withPlural("network-attachment-definitions")
                        .withNamespaced(true)
                        .build())
                .inNamespace("default")
                .withName("default");
    }

    private void makeTheClusterWell() {
        network().edit(network -> {
            network.setAdditionalProperty(
                    "spec", Map.of("config", "{\"type\":\"kube-ovn\",\"provider\":\"default.default.ovn\"}"));
            return network;
        });
        cluster.makeSubnet("pod-offload-default", Map.of("provider", "default.default.ovn"));
        var node = cluster.client().nodes().withName(SimulatedCluster.NODE).get();
        cluster.client()
                .nodes()
                .resource(new io.fabric8.kubernetes.api.model.NodeBuilder(node)
                        .editOrNewStatus()
                        .withAllocatable(Map.of("mellanox.com/cx5_sriov_switchdev", new Quantity("4")))
                        .endStatus()
                        .build())
                .updateStatus();
    }
}
