package io.podoffload.cluster;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** What the API server says of pods. */
final class Pods {

    private Pods() {}

    static JsonNode condition(JsonNode pod, String type) {
        return pod.at("/status/conditions")
                .valueStream()
                .filter(condition -> condition.path("type").asString().equals(type))
                .findFirst()
                .orElse(MissingNode.getInstance());
    }

    /** Its address in the Subnet of the profile {@code default}. */
    static String address(JsonNode pod) {
        return pod.at("/metadata/annotations")
                .path("default.default.ovn.kubernetes.io/ip_address")
                .asString();
    }
}
