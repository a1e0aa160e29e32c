package io.podoffload.binder.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.core.type.TypeReference;

class WatchedPodTest {

    private static final KubernetesSerialization KINDS = ApiClient.kinds();

    private static WatchedPod read(String json) {
        HasMetadata read = KINDS.unmarshal(json); // by its kind, as an event of a watch is read
        return (WatchedPod) read;
    }

    @Test
    void whatTheBinderReadsOfAPodIsKept() {
        PodView pod = new PodView(read("""
                {"apiVersion": "v1", "kind": "Pod",
                 "metadata": {"namespace": "web", "name": "nginx", "uid": "uid-1", "creationTimestamp": "2026-11-25T20:00:00Z",
                   "labels": {"pod-offload.io/enabled": "true"}, "annotations": {"pod-offload.io/interface": "net1"}},
                 "spec": {"nodeName": "a", "hostNetwork": true, "readinessGates": [{"conditionType": "pod-offload.io/bound"}],
                   "initContainers": [{"name": "i", "image": "i"}],
                   "containers": [{"name": "c", "resources": {"requests": {"cpu": "1", "nvidia.com/vf": "1"}}}]},
                 "status": {"phase": "Failed", "conditions": [{"type": "pod-offload.io/bound", "status": "True", "reason": "Bound"}]}}
                """));

        assertThat(pod.ref().toString()).isEqualTo("web/nginx");
        assertThat(pod.createdAt()).isEqualTo("2026-11-25T20:00:00Z");
        assertThat(pod.optsIn()).isTrue();
        assertThat(pod.interfaceName()).hasValue("net1");
        assertThat(pod.node()).hasValue("a");
        assertThat(pod.isOnHostNetwork()).isTrue();
        assertThat(pod.waitsForBinding()).isTrue();
        assertThat(pod.requestsAnyOf(Set.of("nvidia.com/vf"))).isTrue();
        assertThat(pod.requestsAnyOf(Set.of("nvidia.com/other"))).isFalse();
        assertThat(pod.finished()).isTrue();
        assertThat(pod.condition("pod-offload.io/bound"))
                .hasValueSatisfying(bound -> assertThat(bound.getReason()).isEqualTo("Bound"));
    }

    @Test
    void aPodThatHasNothingYetIsReadToo() {
        PodView pod = new PodView(read("""
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "web", "name": "nginx", "uid": "uid-1"}}
                """));

        assertThat(pod.node()).isEmpty();
        assertThat(pod.finished()).isFalse();
        assertThat(pod.waitsForBinding()).isFalse();
        assertThat(pod.requestsAnyOf(Set.of("cpu"))).isFalse();
        assertThat(pod.condition("Ready")).isEmpty();
    }

    @Test
    void thePodsOfAListCarryNoKindOfTheirOwn() {
        KubernetesResourceList<WatchedPod> list =
                KINDS.unmarshal("""
                {"apiVersion": "v1", "kind": "PodList", "metadata": {"resourceVersion": "7"},
                 "items": [{"metadata": {"namespace": "web", "name": "nginx", "uid": "uid-1"}, "spec": {"nodeName": "a"}}]}
                """, new TypeReference<DefaultKubernetesResourceList<WatchedPod>>() {});

        assertThat(list.getItems())
                .singleElement()
                .satisfies(pod -> assertThat(new PodView(pod).node()).hasValue("a"));
    }

    @Test
    void whatOthersNoteForThemselvesIsNotKept() {
        WatchedPod pod = read("""
                {"apiVersion": "v1", "kind": "Pod",
                 "metadata": {"name": "nginx", "managedFields": [{"manager": "kubelet", "operation": "Update"}],
                   "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "yes"}},
                 "spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}
                """);

        assertThat(pod.getMetadata().getManagedFields()).isEmpty();
        assertThat(pod.getMetadata().getAnnotations()).isEqualTo(Map.of("kept", "yes"));
        assertThat(KINDS.asJson(pod)).doesNotContain("volumes", "managedFields");
    }

    @Test
    void whatIsAppliedNamesOnlyWhatTheBinderOwns() {
        WatchedPod pod = new WatchedPod();
        pod.setMetadata(
                new ObjectMetaBuilder().withName("nginx").withUid("uid-1").build());
        pod.setStatus(WatchedPod.Status.of(List.of(new PodConditionBuilder()
                .withType("pod-offload.io/bound")
                .withStatus("True")
                .build())));

        assertThat(KINDS.asJson(pod))
                .isEqualTo(
                        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"nginx\",\"uid\":\"uid-1\"},"
                                + "\"status\":{\"conditions\":[{\"status\":\"True\",\"type\":\"pod-offload.io/bound\"}]}}");
    }
}
