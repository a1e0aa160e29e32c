package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.chart.RenderedChart;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a pod's owner can write reaches the running binder: it says what it cannot use, and the next pod is bound all the same. */
class HostilePodsIT {

    @RegisterExtension
    static final OneNode NODE = new OneNode("hostile-pods");

    private static final String PREFIX = "default.default.ovn.kubernetes.io/";
    private static final String FIRST_VF = "0000:03:00.2";
    private static final String BAD = "BadAnnotation";

    private final SimulatedCluster cluster = NODE.cluster();

    private static String routes(int count) {
        return IntStream.range(0, count)
                .mapToObj(route -> "{\"dst\":\"10.99." + route + ".0/24\"}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    /** An annotation of a pod, and what becomes of its next sandbox. */
    private enum Written {
        LONG_GATEWAY(PREFIX + "gateway", ".".repeat(80_000) + "x", BAD, "has more than 512 bytes"),
        LONG_ROUTES(PREFIX + "routes", "[" + " ".repeat(5_000) + "]", BAD, "has more than 4096 bytes"),
        MANY_ROUTES(PREFIX + "routes", routes(65), BAD, "has 65 routes; at most 64 are read"),
        MANY_NETWORKS(
                "k8s.v1.cni.cncf.io/networks",
                IntStream.range(0, 65).mapToObj(one -> "default/n" + one).collect(Collectors.joining(",")),
                "Bound",
                "is net1 in the pod"),
        NAME_FOR_ADDRESS(PREFIX + "ip_address", "dead.beef", BAD, "'dead.beef' is no IP address"),
        SHORT_ADDRESS(PREFIX + "ip_address", "10.16", BAD, "'10.16' is no IP address"),
        NO_MAC(PREFIX + "mac_address", "zz", BAD, "'zz' is no MAC address"),
        CONTROLS(PREFIX + "ip_address", "\u001b[31m10.16.0.77", BAD, "is no IP address"),
        MAC_WITH_DASHES(PREFIX + "mac_address", "02-00-00-00-00-77", "Bound", "is net1 in the pod"),
        HOST_BITS(
                PREFIX + "routes", "[{\"dst\":\"10.96.0.10/12\",\"gw\":\"10.16.0.1\"}]", "Bound", "is net1 in the pod"),
        ONE_BAD_ROUTE(
                PREFIX + "routes",
                "[{\"gw\":\"example\"},{\"dst\":\"10.97.0.0/16\",\"gw\":\"10.16.0.1\"}]",
                "Bound",
                "without unusable routes"),
        NAME_OF_A_FOLDER("pod-offload.io/interface", "..", "Bound", "is net1 in the pod"),
        NAME_WITH_A_PATTERN("pod-offload.io/interface", "eth%d", "Bound", "is net1 in the pod");

        private final String annotation;
        private final String value;
        private final String reason;
        private final String says;

        Written(String annotation, String value, String reason, String says) {
            this.annotation = annotation;
            this.value = value;
            this.reason = reason;
            this.says = says;
        }
    }

    @ParameterizedTest
    @EnumSource(Written.class)
    void itsOwnPodIsToldAndTheNextIsBound(Written written) {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("hostile")), "Bound");
        String sandbox = NODE.externalIds(NODE.representor(pod)).get("pod-offload-sandbox");
        cluster.annotate(pod, written.annotation, written.value);

        if (written.reason.equals(BAD)) {
            cluster.await(pod, now -> says(now, written));
            assertThat(NODE.externalIds(NODE.representor(pod)))
                    .as("it stays bound")
                    .containsEntry("pod-offload-sandbox", sandbox);
        }
        cluster.restartSandbox(pod);

        cluster.await(pod, now -> says(now, written));
        assertThat(NODE.events(pod))
                .allSatisfy(event -> assertThat(event.getMessage()).hasSizeLessThanOrEqualTo(1024));
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(report())
                        .as("the report of the node names every VF")
                        .contains(cluster.nic().pciAddresses().stream()
                                .map(vf -> "\"pci\":\"" + vf + "\"")
                                .toList()));
        String message = SimulatedCluster.bound(cluster.client()
                        .pods()
                        .inNamespace("default")
                        .withName("hostile")
                        .require())
                .map(PodCondition::getMessage)
                .orElseThrow();
        assertThat(message).hasSizeLessThanOrEqualTo(1024).doesNotContain("\u001b");
        if (written.reason.equals("Bound")) {
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(NODE.externalIds(NODE.representor(pod)))
                            .doesNotContainEntry("pod-offload-sandbox", sandbox)
                            .containsEntry("ovn-installed", "true"));
        }
        cluster.delete(cluster.awaitBound(cluster.create(Pods.labelled("next")), "Bound"));
        cluster.delete(pod);
    }

    private String report() {
        return String.valueOf(cluster.client()
                .configMaps()
                .inNamespace(RenderedChart.NAMESPACE)
                .withName("pod-offload-node-" + SimulatedCluster.NODE)
                .require()
                .getData()
                .get("vfs"));
    }

    /** Four pods hold as many workers; a binder that starts looks at all of them. */
    @Test
    void longAnnotationsHoldUpNoBinderThatStarts() {
        cluster.useCni(CniMode.OTHER);
        List<Pod> pods = IntStream.range(0, 3)
                .mapToObj(pod -> cluster.awaitBound(cluster.create(Pods.labelled("hostile-" + pod)), "Bound"))
                .toList();
        pods.forEach(pod -> cluster.annotate(pod, PREFIX + "gateway", ".".repeat(80_000) + "x"));
        pods.forEach(pod -> cluster.awaitBound(pod, BAD));

        cluster.stopBinder();
        cluster.startBinder();

        cluster.delete(cluster.awaitBound(cluster.create(Pods.labelled("next")), "Bound"));
        pods.forEach(cluster::delete);
    }

    private static boolean says(Pod pod, Written written) {
        Optional<PodCondition> bound = SimulatedCluster.bound(pod);
        return bound.filter(condition -> condition.getReason().equals(written.reason)
                        && condition.getMessage().contains(written.says))
                .isPresent();
    }

    @Test
    void anAddressGetsThePrefixOfItsOwnFamily() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("one-family")), "Bound");
        cluster.annotate(pod, PREFIX + "cidr", "10.16.0.0/16,fd00:10:16::/112");
        cluster.annotate(pod, PREFIX + "gateway", "10.16.0.1,fd00:10:16::1");
        cluster.annotate(pod, PREFIX + "ip_address", "fd00:10:16::77");

        cluster.restartSandbox(pod);

        Awaitility.await()
                .atMost(OneNode.SOON)
                .ignoreExceptionsInstanceOf(Programs.ProgramFailed.class) // net1 is not there yet
                .untilAsserted(() -> assertThat(cluster.exec(pod, "ip", "-o", "address", "show", "net1"))
                        .contains("fd00:10:16::77/112"));
        cluster.delete(pod);
    }

    /** By a pod with NET_ADMIN, on a VF whose own name was noted nowhere; the last byte is no character of the binder's locale. */
    @Test
    void anAliasThatThePodWroteNamesNothingAndKeepsNoBinderFromStarting() {
        cluster.useCni(CniMode.KUBE_OVN);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("forger")), "Adopted");
        String representor = NODE.representor(pod);
        cluster.stopBinder();
        Programs.run("ip", "link", "set", representor, "alias", "");
        cluster.exec(
                pod,
                "sh",
                "-c",
                "ip link set eth0 alias \"$(printf 'pod-offload pci=" + FIRST_VF
                        + " uid=x sandbox=y name=z mtu=68 mac=02:66:66:66:66:66 admin=- netns=\\303\\251')\"");
        cluster.delete(pod);

        cluster.startBinder();

        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(cluster.askBinder("/state"))
                        .contains("{\"pci\":\"" + FIRST_VF + "\",\"reason\":\"IdentityUnknown\""));
        assertThat(Programs.run("ip", "-o", "link")).doesNotContain("mtu 68 ", " z", "link/ether 02:66:66:66:66:66");
        cluster.delete(cluster.awaitBound(cluster.create(Pods.labelled("next")), "Adopted"));
        cluster.nic().unplug(new PciAddress(FIRST_VF));
        cluster.nic().plug(new PciAddress(FIRST_VF));
        NODE.assertAsAtFirst("a person has bound the VF to its driver anew");
    }
}
