package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.podoffload.chart.RenderedChart;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.RequestLog;
import io.podoffload.sim.SimulatedCluster;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How often the node-binder asks the API server: for one pod from create to delete, and at rest. */
class RequestsIT {

    private static final String BINDER = "pod-offload-node-binder";
    private static final Duration WAIT_IS_TOLD_AFTER = Duration.ofSeconds(10);

    @RegisterExtension
    static final OneNode NODE = new OneNode(
            "requests",
            SimulatedCluster.Options.DEFAULT.with(Map.of("pod-offload.proof", "1s", "pod-offload.resync", "2s")));

    private final SimulatedCluster cluster = NODE.cluster();
    private final RequestLog requests = cluster.api().requests();

    private String report() {
        ConfigMap report = cluster.client()
                .configMaps()
                .inNamespace(RenderedChart.NAMESPACE)
                .withName("pod-offload-node-" + SimulatedCluster.NODE)
                .get();
        return report == null ? "" : report.getData().getOrDefault("vfs", "");
    }

    private void awaitReport(String part, boolean there) {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(report().contains(part)).isEqualTo(there));
    }

    private void awaitRest() {
        awaitReport("WaitingFor", false);
        awaitReport("Free", true);
    }

    private static Optional<PodCondition> offloaded(Pod pod) {
        return pod.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals("pod-offload.io/offloaded"))
                .findFirst();
    }

    @Test
    void onePodFromCreateToDelete() {
        cluster.useCni(CniMode.OTHER);
        awaitRest();
        requests.clear();

        long begin = System.nanoTime();
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("counted")), "Bound");
        boolean slow = Duration.ofNanos(System.nanoTime() - begin).compareTo(WAIT_IS_TOLD_AFTER) >= 0;
        cluster.await(pod, now -> offloaded(now).isPresent());
        awaitReport("\"pod\":\"default/counted\"", true);
        awaitReport("NoTraffic", true);
        cluster.delete(pod);
        NODE.assertAsAtFirst("the pod is gone");
        awaitReport("default/counted", false);

        assertThat(requests.of(BINDER))
                .containsOnlyKeys("patch pods/status", "create events", "patch configmaps", "get subnets 404")
                .containsEntry("get subnets 404", 1L)
                .containsEntry("patch pods/status", slow ? 2L : 1L)
                .containsEntry("create events", 1L)
                .hasEntrySatisfying(
                        "patch configmaps", count -> assertThat(count).isBetween(1L, 2L));
    }

    @Test
    void aPodThatTheCniBindsNeedsNoSubnet() {
        cluster.useCni(CniMode.KUBE_OVN);
        awaitRest();
        requests.clear();

        cluster.delete(cluster.awaitBound(cluster.create(Pods.labelled("adopted")), "Adopted"));
        NODE.assertAsAtFirst("the pod is gone");

        assertThat(requests.of(BINDER).keySet())
                .contains("patch pods/status")
                .noneMatch(request -> request.startsWith("get subnets"));
    }

    @Test
    void atRestWithABoundPodNothingIsAsked() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("resting")), "Bound");
        cluster.await(pod, now -> offloaded(now).isPresent());
        awaitReport("NoTraffic", true);
        requests.clear();

        // several resyncs, reports and looks at the flows
        Awaitility.await()
                .during(Duration.ofSeconds(15))
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(requests.of(BINDER)).isEmpty());
    }

    @Test
    void aBinderThatStartsAgainReadsItsNodeAndItsPodsAndWritesItsReport() {
        awaitRest();
        cluster.stopBinder();
        requests.clear();
        cluster.startBinder();
        awaitRest();

        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(requests.of(BINDER)).containsKey("patch configmaps"));
        assertThat(requests.of(BINDER))
                .containsEntry("get nodes", 1L)
                .containsOnlyKeys(
                        "get nodes", "list nodes", "watch nodes", "list pods", "watch pods", "patch configmaps");
    }
}
