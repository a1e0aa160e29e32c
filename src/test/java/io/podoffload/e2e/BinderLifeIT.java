package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.JavaProgram;
import io.podoffload.sim.SimulatedCluster;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the binder lives with: two of it, older kubelets and runtimes, both IP families, several VFs, dependencies that are down. */
class BinderLifeIT {

    @RegisterExtension
    static final OneNode NODE = new OneNode("life");

    private final SimulatedCluster cluster = NODE.cluster();

    @Test
    void ofTwoBindersOneActsAndTheOtherTakesOverWhenItEnds() {
        cluster.useCni(CniMode.OTHER);
        JavaProgram second = cluster.startSecondBinder();
        try {
            awaitHealth(8082, "another node-binder holds the lock of this node: stop one of them");
            Pod before = cluster.awaitBound(cluster.create(Pods.labelled("before")), "Bound");
            assertThat(cluster.ovs().ports()).hasSize(1);
            NODE.assertEvents(before, "Bound");

            cluster.stopBinder();

            Pod after = cluster.awaitBound(cluster.create(Pods.labelled("after")), "Bound");
            assertThat(cluster.ovs().ports()).hasSize(2);
            cluster.delete(before);
            cluster.delete(after);
            NODE.assertAsAtFirst("the second binder released what the first had bound");
        } finally {
            cluster.startBinder();
            second.close();
        }
        NODE.assertEvents(cluster.awaitBound(cluster.create(Pods.labelled("last")), "Bound"), "Bound");
    }

    /** The kubelet restarts a container whose liveness probe fails. */
    @Test
    void aBinderWhoseWorkIsStuckIsNotAliveAndOneThatOnlyWaitsIs() {
        cluster.useCni(CniMode.OTHER);
        cluster.stopBinder();
        cluster.startBinder(Map.of("pod-offload.stuck-after", "2s"));
        try {
            cluster.withoutRuntimeSocket(() -> Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(cluster.askBinder("/actuator/prometheus"))
                            .containsPattern("pod_offload_binder_silent_seconds\\{part=\"events of the container"
                                    + " runtime\"} [3-9]\\.")));
            assertThat(liveness().path("status").asString()).isEqualTo("UP");

            cluster.ovs().pauseDatabase();
            Pod pod = cluster.create(Pods.labelled("stuck"));
            Awaitility.await().atMost(OneNode.SOON).untilAsserted(() -> {
                assertThat(liveness().path("status").asString()).isEqualTo("DOWN");
                assertThat(liveness()
                                .at("/components/watchdog/details/looks at VFs")
                                .asString())
                        .startsWith("stuck, the binder is to be restarted: no sign of life for ");
            });
            cluster.ovs().resumeDatabase();
            cluster.awaitBound(pod, "Bound");
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() ->
                            assertThat(liveness().path("status").asString()).isEqualTo("UP"));
        } finally {
            cluster.ovs().resumeDatabase();
            cluster.stopBinder();
            cluster.startBinder();
        }
    }

    private JsonNode liveness() {
        return JsonMapper.shared().readTree(cluster.askBinder("/actuator/health/liveness"));
    }

    @Test
    void aKubeletWithoutGetIsAskedForItsList() {
        cluster.useCni(CniMode.OTHER);
        cluster.letKubeletKnowGet(false);
        try {
            cluster.awaitBound(cluster.create(Pods.labelled("listed")), "Bound");
            cluster.restartKubeletSocket();
            cluster.awaitBound(cluster.create(Pods.labelled("listed-too")), "Bound");
        } finally {
            cluster.letKubeletKnowGet(true);
        }
    }

    /** No event tells that it knows of the VF now. */
    @Test
    void aKubeletThatTellsOfAVfOnlyLaterIsAskedAgain() {
        cluster.useCni(CniMode.OTHER);
        cluster.letKubeletHidePods(true);
        try {
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("told-later")), "NoVf");

            cluster.letKubeletHidePods(false);

            cluster.awaitBound(pod, "Bound");
        } finally {
            cluster.letKubeletHidePods(false);
        }
    }

    @Test
    void aPodThatHasFinishedOwnsNothing() {
        cluster.useCni(CniMode.OTHER);
        for (boolean get : new boolean[] {true, false}) {
            cluster.letKubeletKnowGet(get);
            Pod job = cluster.awaitBound(cluster.create(Pods.labelled("job")), "Bound");
            cluster.finish(job);
            NODE.assertAsAtFirst("the job has come to its end, and its object is still there");

            Pod next = cluster.awaitBound(cluster.create(Pods.labelled("next")), "Bound");

            assertThat(cluster.vfOf(next)).isEqualTo(cluster.vfOf(job));
            cluster.delete(job);
            cluster.delete(next);
        }
        cluster.letKubeletKnowGet(true);
    }

    @Test
    void aRuntimeWithoutEventsIsPolled() {
        cluster.useCni(CniMode.OTHER);
        cluster.letRuntimeStreamEvents(false);
        try {
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("polled")), "Bound");
            cluster.restartSandbox(pod);
            cluster.awaitBound(pod, "Bound");
            cluster.delete(pod);
            NODE.assertAsAtFirst("a runtime without events");
        } finally {
            cluster.letRuntimeStreamEvents(true);
            cluster.stopBinder(); // it polls for good
            cluster.startBinder();
        }
    }

    /** CRI-O 6466, containerd 7318: with a kubelet that listens, each would get half. */
    @Test
    void fromARuntimeThatGivesEachEventToOneCallerNoneIsTaken() {
        cluster.useCni(CniMode.OTHER);
        assertThat(cluster.runtimeListeners()).isEqualTo(1);
        cluster.stopBinder();
        cluster.letRuntimeBe("cri-o", "1.31.0");
        try {
            cluster.startBinder();
            Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("on-crio")), "Bound");
            assertThat(cluster.runtimeListeners()).isZero();
            cluster.restartSandbox(pod);
            cluster.awaitBound(pod, "Bound");
            cluster.delete(pod);
            NODE.assertAsAtFirst("CRI-O");
        } finally {
            cluster.letRuntimeBe("containerd", "v2.1.9");
            cluster.stopBinder();
            cluster.startBinder();
        }
    }

    @Test
    void aPodOfBothFamiliesIsReachedByBoth() {
        cluster.useDualStack(true);
        cluster.useCni(CniMode.OTHER);
        try {
            Pod one = cluster.awaitBound(cluster.create(Pods.labelled("one")), "Bound");
            Pod two = cluster.awaitBound(cluster.create(Pods.labelled("two")), "Bound");
            String[] from = Pods.address(one).split(",");
            String[] to = Pods.address(two).split(",");
            assertThat(from).hasSize(2);
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .untilAsserted(() -> assertThat(cluster.exec(one, "ip", "-6", "address", "show", "net1")
                                    + cluster.exec(two, "ip", "-6", "address", "show", "net1"))
                            .as("duplicate address detection is done")
                            .contains(from[1] + "/112", to[1] + "/112")
                            .doesNotContain("tentative"));

            assertThat(cluster.exec(one, "ping", "-c", "3", "-i", "0.2", "-I", from[0], to[0]))
                    .contains("3 received, 0% packet loss");
            assertThat(cluster.exec(one, "ping", "-6", "-c", "3", "-i", "0.2", "-I", from[1], to[1]))
                    .contains("3 received, 0% packet loss");
        } finally {
            cluster.useDualStack(false);
        }
    }

    @Test
    void ofTwoVfsTheCniTakesOneAndTheBinderBringsTheOtherForTheSecondNetwork() {
        cluster.useCni(CniMode.KUBE_OVN);
        Pod wish = new PodBuilder(Pods.labelled("two-networks"))
                .editMetadata()
                .addToAnnotations("k8s.v1.cni.cncf.io/networks", "default/storage")
                .endMetadata()
                .build();

        Pod pod = cluster.awaitBound(cluster.create(wish), "Bound", "Adopted");

        assertThat(pod.getSpec()
                        .getContainers()
                        .get(0)
                        .getResources()
                        .getLimits()
                        .get(Pods.RESOURCE))
                .hasToString("2");
        assertThat(NODE.representors(pod)).hasSize(2);
        assertThat(cluster.exec(pod, "ip", "-br", "address", "show", "eth0")).contains(Pods.address(pod));
        assertThat(cluster.exec(pod, "ip", "-br", "address", "show", "net1"))
                .contains(pod.getMetadata().getAnnotations().get("storage.default.ovn.kubernetes.io/ip_address"));
        assertThat(SimulatedCluster.bound(pod).orElseThrow().getStatus()).isEqualTo("True");
        assertThat(cluster.ovn().isUp("two-networks.default.storage.default.ovn"))
                .isTrue();
    }

    @Test
    void severalVfsThatNothingTellsApartAreReportedAndLeftAlone() {
        cluster.useCni(CniMode.OTHER);
        Pod wish = new PodBuilder(Pods.labelled("ambiguous"))
                .editMetadata()
                .addToAnnotations("k8s.v1.cni.cncf.io/networks", "default/storage")
                .endMetadata()
                .build();

        Pod pod = cluster.awaitBound(cluster.create(wish), "Ambiguous");

        assertThat(SimulatedCluster.bound(pod).orElseThrow().getStatus()).isEqualTo("False");
        assertThat(NodeState.of(cluster)).isEqualTo(NODE.atFirst());
        NODE.assertEvents(pod, "Ambiguous");
    }

    @Test
    void aPodThatIsOlderThanTheInstallIsToldToBeCreatedAgain() {
        Pod old = new PodBuilder(Pods.labelled("old"))
                .editSpec()
                .withNodeName(SimulatedCluster.NODE)
                .endSpec()
                .build();
        cluster.withoutWebhooks(() -> cluster.create(old));

        Pod pod = cluster.awaitBound(old("old"), "NotInjected");

        assertThat(SimulatedCluster.bound(pod).orElseThrow().getMessage()).contains("Create the pod again.");
        NODE.assertEvents(pod, "NotInjected");
    }

    @Test
    void stateTellsOfEachVfWhoHasItSinceWhenAndWhatBecameOfIt() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("shown")), "Bound");

        JsonNode state = JsonMapper.shared().readTree(cluster.askBinder("/state"));

        assertThat(state.path("node").asString()).isEqualTo("node1");
        assertThat(state.path("vfs")).hasSize(4);
        JsonNode vf = state.path("vfs").path(0);
        assertThat(vf.path("pci").asString()).isEqualTo(cluster.vfOf(pod));
        assertThat(vf.path("reason").asString()).isEqualTo("Bound");
        assertThat(vf.path("pod").asString()).isEqualTo("default/shown");
        assertThat(vf.path("podUid").asString()).isEqualTo(pod.getMetadata().getUid());
        assertThat(vf.path("since").asString()).startsWith("20");
        assertThat(state.path("vfs").path(1).path("reason").asString()).isEqualTo("Free");
        assertThat(cluster.askBinder("/actuator/prometheus"))
                .contains("pod_offload_binder_vfs{reason=\"Bound\"} 1.0")
                .contains("pod_offload_binder_vfs{reason=\"Free\"} 3.0")
                .contains("pod_offload_binder_step_duration_seconds_bucket{outcome=\"done\",step=\"MoveIntoPod\"")
                .contains("pod_offload_binder_verdicts_total{reason=\"Bound\"}")
                .contains("pod_offload_binder_queue_depth", "pod_offload_binder_ovsdb_connections_total");
    }

    @Test
    void healthNamesTheDependencyThatIsDown() {
        awaitHealth(8081, "\"status\":\"UP\"");
        cluster.ovs().stopDatabase();
        try {
            awaitHealth(8081, "down: no connection to ovsdb-server");
            assertThat(cluster.askBinder("/actuator/health/liveness")).contains("\"status\":\"UP\"");
        } finally {
            cluster.ovs().startDatabase();
        }
        awaitHealth(8081, "\"Open vSwitch\":\"up\"");
    }

    @Test
    void aBinderThatStartsWhileTheApiServerIsAwayWaitsForIt() {
        cluster.beginApiOutage();
        JavaProgram second = cluster.launchSecondBinder();
        try {
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .ignoreExceptions() // it does not listen yet
                    .untilAsserted(() -> assertThat(cluster.ask(8082, "/actuator/health/liveness"))
                            .contains("\"status\":\"UP\""));
            assertThat(health(8082)).contains("\"API server\":\"down", "\"status\":\"OUT_OF_SERVICE\"");

            cluster.endApiOutage();

            second.awaitStarted();
        } finally {
            cluster.endApiOutage();
            second.close();
        }
        awaitHealth(8081, "\"status\":\"UP\"");
    }

    private Pod old(String name) {
        return cluster.client().pods().inNamespace("default").withName(name).require();
    }

    private String health(int port) {
        return cluster.ask(port, "/actuator/health/readiness");
    }

    private void awaitHealth(int port, String part) {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(health(port)).contains(part));
    }
}
