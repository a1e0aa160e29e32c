package io.podoffload.cluster;

import tools.jackson.databind.JsonNode;

/**
 * What Kube-OVN's CNI plugin asks its daemon, in the field names of Kube-OVN's own protocol.
 *
 * @param provider of the network, {@code NAD.NAMESPACE.ovn}
 * @param sandbox id, 64 hexadecimal digits
 * @param netns path of the sandbox's network namespace; empty if the runtime has none any more
 * @param device PCI address of the VF; empty if the pod has none
 */
record CniRequest(
        String pod,
        String namespace,
        String sandbox,
        String netns,
        String interfaceName,
        String provider,
        String device) {

    static CniRequest of(JsonNode json) {
        return new CniRequest(
                json.path("pod_name").asString(),
                json.path("pod_namespace").asString(),
                json.path("container_id").asString(),
                json.path("net_ns").asString(""),
                json.path("if_name").asString("eth0"),
                json.path("provider").asString("ovn"),
                json.path("deviceID").asString(""));
    }

    /** Name of the logical switch port and iface-id of the Interface row. */
    String portName() {
        String name = pod + "." + namespace;
        return provider.equals("ovn") ? name : name + "." + provider;
    }

    /** Name that the representor, or the node's end of a veth pair, has in the pod's life. */
    String hostInterface() {
        return sandbox.substring(0, 12) + "_h";
    }
}
