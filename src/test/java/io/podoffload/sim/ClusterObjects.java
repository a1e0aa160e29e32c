package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.util.Map;

/** What an administrator and Kube-OVN made long before: Namespaces, a Node, and the networks {@code default/default} and {@code default/storage}. */
public final class ClusterObjects {

    private static final CustomResourceDefinition NETWORKS = new CustomResourceDefinitionBuilder()
            .withNewMetadata()
            .withName("network-attachment-definitions.k8s.cni.cncf.io")
            .endMetadata()
            .withNewSpec()
            .withGroup("k8s.cni.cncf.io")
            .withScope("Namespaced")
            .withNewNames()
            .withKind("NetworkAttachmentDefinition")
            .withPlural("network-attachment-definitions")
            .endNames()
            .addNewVersion()
            .withName("v1")
            .endVersion()
            .endSpec()
            .build();

    private ClusterObjects() {}

    /** Creates them. */
    public static void create(KubernetesClient client, String node, String... namespaces) {
        for (String namespace : namespaces) {
            client.resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(namespace)
                            .endMetadata()
                            .build())
                    .create();
        }
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(node)
                        .endMetadata()
                        .build())
                .create();
        client.resource(NETWORKS).create();
        createNetwork(client, "default");
        createNetwork(client, "storage");
    }

    private static void createNetwork(KubernetesClient client, String name) {
        client.genericKubernetesResources(CustomResourceDefinitionContext.fromCrd(NETWORKS))
                .inNamespace("default")
                .resource(new GenericKubernetesResourceBuilder()
                        .withApiVersion("k8s.cni.cncf.io/v1")
                        .withKind("NetworkAttachmentDefinition")
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName(name)
                        .withAnnotations(Map.of("k8s.v1.cni.cncf.io/resourceName", "mellanox.com/cx5_sriov_switchdev"))
                        .endMetadata()
                        .build())
                .create();
    }
}
