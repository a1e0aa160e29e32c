package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.SimulatedCluster;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The real binder is killed before and after each step of binding and of release, is started again, and ends right. */
@SuppressWarnings("NullAway.Init") // set before the first test
class CrashIT {

    private static final List<String> BIND_STEPS = List.of(
            "recordBinding", "markVf", "moveIntoPod", "configureInPod", "attach", "setRepresentorUp", "announce");
    private static final List<String> RELEASE_STEPS = List.of("setRepresentorDown", "resetVf", "deletePort");

    private static SimulatedCluster cluster;
    private static NodeState atFirst;

    @BeforeAll
    static void start() {
        Path project =
                Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
        cluster = new SimulatedCluster(
                project, project.resolve("target/e2e-logs/crash"), new SimulatedCluster.Options(2, true));
        atFirst = NodeState.of(cluster);
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    static Stream<String> bindPoints() {
        return points(BIND_STEPS);
    }

    static Stream<String> releasePoints() {
        return points(RELEASE_STEPS);
    }

    private static Stream<String> points(List<String> steps) {
        return steps.stream().flatMap(step -> Stream.of(step + ":before", step + ":after"));
    }

    @ParameterizedTest
    @MethodSource("bindPoints")
    void killedWhileItBinds(String point) {
        cluster.useCni(CniMode.OTHER);
        cluster.crashAt(point);
        Pod pod = cluster.create(Pods.labelled("killed"));
        cluster.awaitCrash();

        cluster.startBinder();

        assertBound(cluster.awaitBound(pod, "Bound"));
        cluster.delete(pod);
        assertAsAtFirst();
    }

    @ParameterizedTest
    @MethodSource("releasePoints")
    void killedWhileItReleases(String point) {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("killed")), "Bound");
        assertBound(pod);
        cluster.crashAt(point);
        cluster.delete(pod);
        cluster.awaitCrash();

        cluster.startBinder();

        assertAsAtFirst();
    }

    @ParameterizedTest
    @MethodSource("awayPoints")
    void killedWhileItReleasesAVfThatIsNotHomeYet(String point) {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("killed")), "Bound");
        cluster.letNamespacesLinger(true);
        try {
            cluster.crashAt(point);
            cluster.delete(pod);
            cluster.awaitCrash();

            cluster.startBinder();
        } finally {
            cluster.letNamespacesLinger(false);
        }

        assertAsAtFirst();
    }

    static Stream<String> awayPoints() {
        return points(List.of("detach", "setRepresentorDown"));
    }

    @ParameterizedTest
    @MethodSource("adoptPoints")
    void killedWhileItAdopts(String point) {
        cluster.useCni(CniMode.KUBE_OVN);
        cluster.crashAt(point);
        Pod pod = cluster.create(Pods.labelled("killed"));
        cluster.awaitCrash();

        cluster.startBinder();

        Pod adopted = cluster.awaitBound(pod, "Adopted");
        assertThat(cluster.exec(adopted, "ip", "-br", "address", "show", "eth0"))
                .contains(Pods.address(adopted));
        assertThat(cluster.ovs().ports()).hasSize(1);
        cluster.delete(adopted);
        assertAsAtFirst();
    }

    static Stream<String> adoptPoints() {
        return points(List.of("markRow", "noteVf"));
    }

    private static void assertBound(Pod pod) {
        String representor = cluster.ovs()
                .interfacesWith("pod-offload-pod-uid", pod.getMetadata().getUid())
                .get(0);
        assertThat(cluster.exec(pod, "ip", "-br", "address", "show", "net1")).contains(Pods.address(pod));
        assertThat(cluster.exec(pod, "ip", "-o", "link", "show", "net1"))
                .contains("link/ether " + Pods.annotation(pod, "mac_address"))
                .contains("mtu 1400");
        Map<String, String> row = new TreeMap<>(cluster.ovs().externalIds(representor));
        assertThat(row)
                .containsEntry("iface-id", "killed.default.default.default.ovn")
                .containsEntry("pod-offload-owner", "bound")
                .containsEntry("pod-offload-vf-mtu", "1500")
                .containsEntry("ovn-installed", "true");
        assertThat(row.get("pod-offload-vf-name")).as("its own name").startsWith("enp3s0f0v");
    }

    private static void assertAsAtFirst() {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(NodeState.of(cluster)).isEqualTo(atFirst));
    }
}
