package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.chart.RenderedChart;
import io.podoffload.sim.ApiServer;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.SimulatedCluster;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/** Parts of a cluster that fail the binder, or one kind of its requests, while they serve all others. */
class PartialOutagesIT {

    @RegisterExtension
    static final OneNode NODE =
            new OneNode("partial-outages", SimulatedCluster.Options.DEFAULT.with(Map.of("pod-offload.proof", "500ms")));

    private static final String BINDER = "pod-offload-node-binder";
    private static final Duration BOUND_AGAIN_WITHIN = Duration.ofSeconds(10);

    private final SimulatedCluster cluster = NODE.cluster();

    @BeforeEach
    void useCni() {
        cluster.useCni(CniMode.OTHER);
    }

    /** The sandbox may crash while the control plane is upgraded. Reports that fail cause no looks at every VF. */
    @ParameterizedTest
    @EnumSource
    void aPodThatIsKnownIsBoundAgainWhateverTheApiServerDoes(ApiServer.Failure failure) {
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("known")), "Bound");
        cluster.api().fail(BINDER, failure);
        try {
            for (int round = 0; round < 3; round++) {
                restartAndAwaitBound(pod);
            }
            awaitNoLooks();
            double before = NODE.looks();
            Awaitility.await()
                    .during(Duration.ofSeconds(12))
                    .atMost(OneNode.SOON)
                    .pollInterval(Duration.ofSeconds(1))
                    .untilAsserted(() -> assertThat(NODE.looks() - before)
                            .as("looks at VFs")
                            .isLessThan(2 * cluster.nic().pciAddresses().size()));
        } finally {
            cluster.api().endFailures();
        }
        cluster.delete(cluster.awaitBound(cluster.create(Pods.labelled("next")), "Bound"));
        cluster.delete(pod);
    }

    /** A row that is lost needs no Subnet: what the CNI bound is known. */
    @Test
    void aRowThatIsLostComesBackWithoutAnApiServer() {
        cluster.useCni(CniMode.KUBE_OVN);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("adopted")), "Adopted");
        String row = NODE.representor(pod);
        cluster.api().requests().clear();
        cluster.api().fail(BINDER, ApiServer.Failure.UNAVAILABLE);
        try {
            cluster.ovs().vsctl("del-port", "br-int", row);
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(NODE.externalIds(row)).containsEntry("ovn-installed", "true"));
            assertThat(cluster.api().requests().of(BINDER).keySet()).noneMatch(request -> request.contains("subnets"));
        } finally {
            cluster.api().endFailures();
        }
        cluster.delete(pod);
    }

    private void awaitNoLooks() {
        double[] last = {NODE.looks()};
        Awaitility.await()
                .pollDelay(Duration.ofSeconds(2))
                .pollInterval(Duration.ofSeconds(2))
                .until(() -> {
                    double now = NODE.looks();
                    boolean isQuiet = now == last[0];
                    last[0] = now;
                    return isQuiet;
                });
    }

    private void restartAndAwaitBound(Pod pod) {
        String sandbox = NODE.externalIds(NODE.representor(pod)).get("pod-offload-sandbox");
        cluster.restartSandbox(pod);
        Awaitility.await()
                .atMost(BOUND_AGAIN_WITHIN)
                .untilAsserted(() -> assertThat(NODE.externalIds(NODE.representor(pod)))
                        .doesNotContainEntry("pod-offload-sandbox", sandbox)
                        .containsEntry("ovn-installed", "true"));
    }

    /** With annotations of 16 MiB and more on the node, by whoever may create pods. */
    @Test
    void aListOfSandboxesThatTheRuntimeCannotSendHoldsUpNoPod() {
        PciAddress last = cluster.nic().pciAddresses().get(3);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("known")), "Bound");
        cluster.whileRuntimeCannotListAll(() -> {
            cluster.stopBinder();
            cluster.offer(last, false);
            cluster.startBinder();
            restartAndAwaitBound(pod);
            cluster.delete(cluster.awaitBound(cluster.create(Pods.labelled("new")), "Bound"));
            awaitCapacity(3);
        });
        cluster.offer(last, true);
        awaitCapacity(4);
        cluster.delete(pod);
    }

    private void awaitCapacity(int vfs) {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(cluster.client()
                                .configMaps()
                                .inNamespace(RenderedChart.NAMESPACE)
                                .withName("pod-offload-node-" + SimulatedCluster.NODE)
                                .require()
                                .getData())
                        .containsEntry("resources", Pods.RESOURCE + " " + vfs + "\n"));
    }

    /** containerd fills the verbose status only when the sandbox is complete. */
    @Test
    void aNamespaceThatTheRuntimeTellsLaterIsAskedForAgain() {
        Pod[] pod = new Pod[1];
        cluster.whileRuntimeTellsNoNamespace(() -> {
            pod[0] = cluster.awaitBound(cluster.create(Pods.labelled("early")), "WaitingForSandbox");
            assertThat(SimulatedCluster.bound(pod[0]).orElseThrow().getMessage())
                    .contains("does not say which network namespace sandbox");
        });
        cluster.delete(cluster.awaitBound(pod[0], "Bound"));
    }

    /** It takes connections and answers nothing, as while it waits for a lock or a disk. */
    @Test
    void anOvsVswitchdThatHangsIsSaidOnceAndIsAskedAgain() {
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("watched")), "Bound");
        int logBefore = cluster.binderLog().length();
        cluster.ovs().pauseSwitch();
        try {
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(warnings(logBefore)).contains("ovs-vswitchd does not answer"));
            assertThat(cluster.askBinder("/actuator/health/liveness")).contains("\"status\":\"UP\"");
        } finally {
            cluster.ovs().resumeSwitch();
        }
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() ->
                        assertThat(cluster.binderLog().substring(logBefore)).contains("ovs-vswitchd answers again"));
        assertThat(warnings(logBefore).lines()).hasSize(1);
        cluster.delete(pod);
    }

    private String warnings(int logBefore) {
        StringBuilder warnings = new StringBuilder();
        cluster.binderLog()
                .substring(logBefore)
                .lines()
                .filter(line -> line.contains(" WARN "))
                .forEach(line -> warnings.append(line).append('\n'));
        return warnings.toString();
    }

    /** A driver that is unbound, or fewer VFs after a boot; the binder's rows are all that is left of them. */
    @Test
    void theRowOfAVfThatWentWhileNoBinderRanGoes() {
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("unplugged")), "Bound");
        PciAddress vf = new PciAddress(cluster.vfOf(pod));
        cluster.stopBinder();
        cluster.nic().unplug(vf);
        try {
            cluster.delete(pod);
            assertThat(cluster.ovs().ports()).hasSize(1);

            cluster.startBinder();

            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(cluster.ovs().ports()).isEmpty());
        } finally {
            cluster.nic().plug(vf);
        }
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(JsonMapper.shared()
                                .readTree(cluster.askBinder("/state"))
                                .path("vfs")
                                .findValuesAsString("reason"))
                        .containsOnly("Free"));
    }
}
