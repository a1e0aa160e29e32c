package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** Kube-OVN's Subnets in the simulated API server. */
final class Subnets {

    private static final ResourceDefinitionContext KIND = new ResourceDefinitionContext.Builder()
            .withGroup("kubeovn.io")
            .withVersion("v1")
            .withKind("Subnet")
            .withPlural("subnets")
            .withNamespaced(false)
            .build();

    private Subnets() {}

    /** The object; missing if there is none. */
    static JsonNode of(KubernetesClient client, String name) {
        @Nullable String answer = client.raw("/apis/kubeovn.io/v1/subnets/" + name);
        return answer == null ? MissingNode.getInstance() : JsonMapper.shared().readTree(answer);
    }

    static void create(KubernetesClient client, String name, Map<String, Object> content) {
        client.genericKubernetesResources(KIND)
                .resource(new GenericKubernetesResourceBuilder()
                        .withApiVersion("kubeovn.io/v1")
                        .withKind("Subnet")
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withAdditionalProperties(content)
                        .build())
                .create();
    }

    static void delete(KubernetesClient client, String name) {
        client.genericKubernetesResources(KIND).withName(name).delete();
    }
}
