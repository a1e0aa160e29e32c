package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.model.jackson.Jackson2JdkTypesModule;
import tools.jackson.databind.json.JsonMapper;

/** Opens clients of the API server. */
public final class ApiClient {

    private ApiClient() {}

    /** Found as kubectl and in-cluster clients find it: service account, KUBECONFIG, or KUBERNETES_MASTER. */
    public static KubernetesClient open() {
        return new KubernetesClientBuilder()
                .withKubernetesSerialization(kinds())
                .build();
    }

    /** The kinds that the binder deals with; by itself the client would load the classes of all that Kubernetes has, some ten MiB. */
    static KubernetesSerialization kinds() {
        KubernetesSerialization kinds = new KubernetesSerialization(
                JsonMapper.builderWithJackson2Defaults()
                        .addModule(new Jackson2JdkTypesModule())
                        .build(),
                false);
        kinds.registerKubernetesResource(WatchedPod.class);
        kinds.registerKubernetesResource(Node.class);
        kinds.registerKubernetesResource(ConfigMap.class);
        kinds.registerKubernetesResource(Event.class);
        kinds.registerKubernetesResource("v1", "Status", Status.class);
        return kinds;
    }
}
