package io.podoffload.cluster;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;

/** Kinds of {@code kubeovn.io/v1}. */
final class KubeOvnKinds {

    static final ResourceDefinitionContext SUBNET = kind("Subnet", "subnets");
    static final ResourceDefinitionContext IP = kind("IP", "ips");

    private KubeOvnKinds() {}

    private static ResourceDefinitionContext kind(String kind, String plural) {
        return new ResourceDefinitionContext.Builder()
                .withGroup("kubeovn.io")
                .withVersion("v1")
                .withKind(kind)
                .withPlural(plural)
                .withNamespaced(false)
                .build();
    }
}
