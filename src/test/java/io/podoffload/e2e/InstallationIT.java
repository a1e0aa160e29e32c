package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podoffload.chart.RenderedChart;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** What the chart installs is what runs: with its roles and no others, and it goes as it came. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@SuppressWarnings("NullAway.Init") // set before all tests
class InstallationIT {

    private static final Path PROJECT =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
    private static SimulatedCluster cluster;

    @BeforeAll
    static void install() {
        cluster = new SimulatedCluster(PROJECT, PROJECT.resolve("target/e2e-logs/installation"));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static KubernetesClient client() {
        return cluster.client();
    }

    @Test
    @Order(1)
    void everyPermissionIsNeededAndNoneIsMissing() {
        cluster.useCni(CniMode.KUBE_OVN);
        Pod adopted = cluster.awaitBound(cluster.create(Pods.labelled("adopted")), "Adopted");
        cluster.delete(adopted);
        makeTheWebhookTellAnOwner();
        makeTheBinderRepeatAnEvent();
        // the Lease is renewed every few seconds
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(cluster.api().unusedPermissions())
                        .as("roles allow what nobody does: take it out of the chart")
                        .isEmpty());
        assertThat(cluster.api().denied()).as("the chart's roles do not allow").isEmpty();
    }

    /** A warning that nobody reads, because a controller creates the pods, becomes an Event on the controller. */
    private static void makeTheWebhookTellAnOwner() {
        Pod pod = new PodBuilder(Pods.labelled("owned"))
                .editMetadata()
                .addToAnnotations("v1.multus-cni.io/default-network", "default/another")
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion("apps/v1")
                        .withKind("ReplicaSet")
                        .withName("web-1")
                        .withUid("rs-1")
                        .withController(true)
                        .build())
                .endMetadata()
                .build();
        cluster.delete(cluster.create(pod));
    }

    /** A verdict that comes again soon is counted on its Event. */
    private static void makeTheBinderRepeatAnEvent() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("again")), "Bound");
        String representor = cluster.ovs()
                .interfacesWith("pod-offload-pod-uid", pod.getMetadata().getUid())
                .get(0);
        cluster.annotate(pod, "pod-offload.io/paused", "true");
        Programs.run("ip", "link", "set", representor, "down");
        cluster.awaitBound(pod, "Paused");
        cluster.annotate(pod, "pod-offload.io/paused", "false");
        cluster.awaitBound(pod, "Bound");
        cluster.delete(pod);
    }

    /** What the binder reports of its VFs. */
    private static String report() {
        ConfigMap report = client().configMaps()
                .inNamespace(RenderedChart.NAMESPACE)
                .withName("pod-offload-node-" + SimulatedCluster.NODE)
                .get();
        return report == null ? "" : report.getData().getOrDefault("vfs", "");
    }

    /** The hook waits for it. */
    private static String uninstallWhileAVfIsOnItsWayHome() {
        cluster.useCni(CniMode.OTHER);
        Pod leaving = cluster.awaitBound(cluster.create(Pods.labelled("leaving")), "Bound");
        cluster.letNamespacesLinger(true);
        cluster.delete(leaving);
        Awaitility.await().atMost(OneNode.SOON).until(() -> report().contains("WaitingForVf"));
        CompletableFuture<String> printed = CompletableFuture.supplyAsync(cluster::runUninstallHook);
        Awaitility.await()
                .atMost(OneNode.SOON)
                .until(() -> cluster.api().unusedPermissions().stream()
                        .noneMatch(permission -> permission.contains("uninstall watch configmaps")));
        cluster.letNamespacesLinger(false);
        return printed.join();
    }

    @Test
    @Order(2)
    void whenTheReleaseGoesBoundPodsStayAndNothingElseDoes() {
        cluster.useCni(CniMode.OTHER);
        Pod bound = cluster.awaitBound(cluster.create(Pods.labelled("bound")), "Bound");
        cluster.useCni(CniMode.KUBE_OVN_WITHOUT_DEVICE_ID);
        cluster.awaitBound(cluster.create(Pods.labelled("misconfigured")), "VethInsteadOfVf");

        client().nodes()
                .withName(SimulatedCluster.NODE)
                .editStatus(node -> new NodeBuilder(node)
                        .editOrNewStatus()
                        .addNewCondition()
                        .withType("pod-offload.io/prepared")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build());

        String printed = uninstallWhileAVfIsOnItsWayHome();

        assertThat(printed)
                .contains("The webhook configuration is gone")
                .containsPattern("which the binder bound.*\\n  default/bound: The binder bound the VF .* VF 0000:03:0")
                .containsPattern("create them again:\\n  default/misconfigured: The CNI gave the pod a veth")
                .doesNotContain("still held");
        assertThat(client().admissionRegistration()
                        .v1()
                        .mutatingWebhookConfigurations()
                        .list()
                        .getItems())
                .isEmpty();
        Awaitility.await()
                .during(Duration.ofSeconds(3))
                .until(() -> client().secrets()
                        .inNamespace(RenderedChart.NAMESPACE)
                        .list()
                        .getItems()
                        .isEmpty());
        Pod after = client().resource(bound).get();
        assertThat(SimulatedCluster.bound(after))
                .hasValueSatisfying(
                        condition -> assertThat(condition.getStatus()).isEqualTo("True"));
        assertThat(cluster.exec(after, "ip", "-br", "address", "show", "net1")).contains(Pods.address(after));
        assertThat(cluster.api().denied())
                .filteredOn(refusal -> !refusal.contains("resource \"configmaps\"")) // of the binder, which still runs
                .as("the chart's roles do not allow")
                .isEmpty();
        assertThat(cluster.api().unusedPermissions())
                .as("roles allow what nobody does: take it out of the chart")
                .isEmpty();
        Pod plain = cluster.create(Pods.labelled("after"));
        assertThat(plain.getMetadata().getAnnotations())
                .as("no webhook any more")
                .isNullOrEmpty();
        assertThat(Map.copyOf(plain.getMetadata().getLabels())).containsEntry("pod-offload.io/enabled", "true");
    }
}
