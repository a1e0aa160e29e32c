package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.SimulatedCluster;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the webhook reads from a cluster, and what it tells it. */
@SuppressWarnings("NullAway.Init") // set before the first test
class AdmissionStoryIT {

    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    private static SimulatedCluster cluster;

    @BeforeAll
    static void start() {
        Path project =
                Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
        cluster = new SimulatedCluster(project, project.resolve("target/e2e-logs/admission"));
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @BeforeEach
    void useAnotherCni() {
        cluster.useCni(CniMode.OTHER);
    }

    @AfterEach
    void removePods() {
        cluster.client().pods().inAnyNamespace().list().getItems().forEach(cluster::delete);
    }

    private static Optional<String> condition(Pod pod, String type) {
        return pod.getStatus() == null
                ? Optional.empty()
                : pod.getStatus().getConditions().stream()
                        .filter(condition -> condition.getType().equals(type))
                        .map(PodCondition::getStatus)
                        .findFirst();
    }

    @Test
    void aPodIsReadyOnlyWhenItsVfIsBound() {
        cluster.useCni(CniMode.KUBE_OVN_WITHOUT_DEVICE_ID);
        Pod unbound = cluster.awaitBound(cluster.create(Pods.labelled("veth")), "VethInsteadOfVf");
        assertThat(unbound.getSpec().getReadinessGates())
                .singleElement()
                .satisfies(gate -> assertThat(gate.getConditionType()).isEqualTo("pod-offload.io/bound"));
        assertThat(cluster.await(unbound, pod -> condition(pod, "Ready").isPresent()))
                .satisfies(pod -> assertThat(condition(pod, "Ready")).hasValue("False"));

        cluster.useCni(CniMode.OTHER);
        Pod bound = cluster.awaitBound(cluster.create(Pods.labelled("vf")), "Bound");

        cluster.await(bound, pod -> condition(pod, "Ready").equals(Optional.of("True")));
    }

    @Test
    void aNamespaceThatSaysAlwaysGivesAVfToPodsWithoutTheLabel() {
        cluster.createNamespace("edge", Map.of("pod-offload.io/policy", "always"));

        Pod pod = cluster.create(Pods.plain("router"), "edge");

        assertThat(pod.getMetadata().getAnnotations())
                .containsEntry("v1.multus-cni.io/default-network", "default/default");
        cluster.awaitBound(pod, "Bound");
    }

    @Test
    void elsewhereAPodWithoutTheLabelIsNotSentToTheWebhook() {
        Pod pod = cluster.create(Pods.plain("plain"));

        assertThat(pod.getSpec().getReadinessGates()).isEmpty();
        assertThat(pod.getMetadata().getAnnotations()).isNullOrEmpty();
    }

    @Test
    void aNamespaceThatSaysNeverIsToldWhyItsPodGotNone() {
        cluster.createNamespace("quiet", Map.of("pod-offload.io/policy", "never"));

        Pod pod = cluster.create(Pods.labelled("loud"), "quiet");

        assertThat(pod.getSpec().getReadinessGates()).isEmpty();
        assertThat(event("quiet").getInvolvedObject().getKind()).isEqualTo("Namespace");
        assertThat(event("quiet").getReason()).isEqualTo("NamespaceNever");
    }

    @Test
    void theControllerOfARefusedPodIsToldWhatToWrite() {
        cluster.createNamespace("shop", Map.of());
        Pod pod = new PodBuilder(Pods.labelled("web-"))
                .editMetadata()
                .addToAnnotations("pod-offload.io/profile", "gold")
                .addNewOwnerReference()
                .withApiVersion("apps/v1")
                .withKind("ReplicaSet")
                .withName("web-5d")
                .withUid("o-1")
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .build();

        assertThatThrownBy(() -> cluster.create(pod, "shop"))
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        refused -> assertThat(refused.getCode()).isEqualTo(422))
                .hasMessageContaining("write one of default");

        Event event = event("shop");
        assertThat(event.getInvolvedObject().getKind()).isEqualTo("ReplicaSet");
        assertThat(event.getInvolvedObject().getName()).isEqualTo("web-5d");
        assertThat(event.getReason()).isEqualTo("UnknownProfile");
        assertThat(event.getMessage()).contains("write one of default");
    }

    @Test
    void aPodOfANamespaceThatWasMadeAMomentAgoGetsItsVf() {
        for (int number = 0; number < 10; number++) {
            cluster.createNamespace("new" + number, Map.of());

            Pod pod = cluster.create(Pods.labelled("first"), "new" + number);

            assertThat(pod.getSpec().getContainers().get(0).getResources().getLimits())
                    .containsEntry(RESOURCE, new Quantity("1"));
            cluster.delete(pod);
        }
    }

    private static Event event(String namespace) {
        return Awaitility.await()
                .atMost(OneNode.SOON)
                .until(
                        () -> cluster.client().v1().events().inNamespace(namespace).list().getItems().stream()
                                .filter(event -> "pod-offload-webhook".equals(event.getReportingComponent()))
                                .toList(),
                        (List<Event> events) -> !events.isEmpty())
                .get(0);
    }
}
