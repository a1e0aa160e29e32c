package io.podoffload.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Objects;

/** Pods as users write them, and what Kube-OVN wrote into them. */
final class Pods {

    static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    private Pods() {}

    /** The seed's nginx pod with only the label. */
    static Pod labelled(String name) {
        return new PodBuilder(plain(name))
                .editMetadata()
                .addToLabels("pod-offload.io/enabled", "true")
                .endMetadata()
                .build();
    }

    static Pod plain(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("nginx")
                .withImage("docker.io/library/nginx:alpine")
                .endContainer()
                .endSpec()
                .build();
    }

    /** It asks for a VF by itself. */
    static Pod withVf(String name) {
        return withVf(name, RESOURCE);
    }

    static Pod withVf(String name, String resource) {
        return new PodBuilder(plain(name))
                .editSpec()
                .editFirstContainer()
                .withNewResources()
                .addToRequests(resource, Quantity.parse("1"))
                .addToLimits(resource, Quantity.parse("1"))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }

    static String annotation(Pod pod, String key) {
        return Objects.requireNonNull(
                pod.getMetadata().getAnnotations().get("default.default.ovn.kubernetes.io/" + key), key);
    }

    static String address(Pod pod) {
        return annotation(pod, "ip_address");
    }
}
