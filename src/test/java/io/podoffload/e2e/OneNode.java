package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.sim.SimulatedCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A node with the real webhook and the real binder for all tests of a class; after each test ports and VFs are what they were. */
final class OneNode implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {

    /** Long enough on a machine that two runs share; a wait ends as soon as its event comes. */
    static final Duration SOON = Duration.ofSeconds(60);

    private final String logs;
    private @Nullable SimulatedCluster cluster;
    private @Nullable NodeState atFirst;

    private final SimulatedCluster.Options options;

    /** @param logs folder under {@code target/e2e-logs} */
    OneNode(String logs) {
        this(logs, SimulatedCluster.Options.DEFAULT);
    }

    OneNode(String logs, SimulatedCluster.Options options) {
        this.logs = logs;
        this.options = options;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Path project =
                Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
        cluster =
                new SimulatedCluster(project, project.resolve("target/e2e-logs").resolve(logs), options);
        atFirst = NodeState.of(cluster);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        cluster().client().pods().inNamespace("default").list().getItems().forEach(cluster()::delete);
        assertAsAtFirst("after " + context.getDisplayName());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (cluster != null) {
            cluster.close();
            assertThat(cluster.api().denied())
                    .as("what the chart's roles do not allow")
                    .isEmpty();
        }
    }

    SimulatedCluster cluster() {
        return Objects.requireNonNull(cluster);
    }

    NodeState atFirst() {
        return Objects.requireNonNull(atFirst);
    }

    /** Waits until ports and VFs are what they were before the first pod. */
    void assertAsAtFirst(String when) {
        Awaitility.await()
                .atMost(SOON)
                .untilAsserted(
                        () -> assertThat(NodeState.of(cluster())).as(when).isEqualTo(atFirst));
    }

    /** The netdev whose row carries the binder's keys for this pod. */
    String representor(Pod pod) {
        return representors(pod).stream()
                .findFirst()
                .orElseThrow(() ->
                        new AssertionError("no port of pod " + pod.getMetadata().getName()));
    }

    List<String> representors(Pod pod) {
        return cluster()
                .ovs()
                .interfacesWith("pod-offload-pod-uid", pod.getMetadata().getUid());
    }

    Map<String, String> externalIds(String interfaceName) {
        return cluster().ovs().externalIds(interfaceName);
    }

    /** How many looks at VFs the binder has made since it started. */
    double looks() {
        return cluster()
                .askBinder("/actuator/prometheus")
                .lines()
                .filter(line -> line.startsWith("pod_offload_binder_looks_total "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    /** What kube-ovn-cni wrote on a row, without the binder's keys and OVN's. */
    Map<String, String> keysOfTheCni(String interfaceName) {
        Map<String, String> ids = new HashMap<>(externalIds(interfaceName));
        ids.keySet().removeIf(key -> key.startsWith("pod-offload-") || key.startsWith("ovn-installed"));
        return ids;
    }

    /** The Event is written after the condition, and then no other. */
    void assertEvents(Pod pod, String... reasons) {
        Awaitility.await()
                .during(Duration.ofMillis(500))
                .atMost(SOON)
                .untilAsserted(() ->
                        assertThat(events(pod)).extracting(Event::getReason).containsExactly(reasons));
    }

    /** The Events about the pod. */
    List<Event> events(Pod pod) {
        return cluster().client().v1().events().inNamespace("default").list().getItems().stream()
                .filter(event -> pod.getMetadata()
                        .getUid()
                        .equals(event.getInvolvedObject().getUid()))
                .toList();
    }
}
