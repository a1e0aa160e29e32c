package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
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

        cluster.restartSandbox(pod);

        cluster.await(pod, now -> says(now, written));
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

    /** By a pod with NET_ADMIN, on its VF. */
    @Test
    void anAliasKeepsNoBinderFromStartingAndMakesNoIdentity() {
        PciAddress vf = cluster.nic().pciAddresses().get(0);
        String netdev = cluster.nic().netdev(vf);
        cluster.stopBinder();
        Programs.run(
                "ip",
                "link",
                "set",
                netdev,
                "alias",
                "pod-offload pci=" + vf + " uid=x sandbox=y netns=\u00e9 name=z mtu=68 mac=02:66:66:66:66:66 admin=-");

        cluster.startBinder();

        NODE.assertAsAtFirst("the binder has looked at every VF");
        cluster.useCni(CniMode.OTHER);
        cluster.delete(cluster.awaitBound(cluster.create(Pods.labelled("next")), "Bound"));
    }
}
