package io.podoffload.sim;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What kube-ovn-cni 1.15 and later does each minute (gcInterfaces): it selects interfaces by the keys pod_name and
 * pod_namespace and a link that is not up, and deletes their ports where the netdev is gone or no pod has that name. It looks
 * at no uid, no vendor and no bridge.
 */
final class KubeOvnGarbageCollector {

    private static final String MACHINE = "default.default.ovn.kubernetes.io/virtualmachine";

    private final OpenVSwitch ovs;
    private final KubernetesClient client;

    KubeOvnGarbageCollector(OpenVSwitch ovs, KubernetesClient client) {
        this.ovs = ovs;
        this.client = client;
    }

    /** @param sparesMachines whether it knows virtual machines by their pods, which the real one does not (kube-ovn 5811) */
    void collect(boolean sparesMachines) {
        Set<String> pods = client.pods().inAnyNamespace().list().getItems().stream()
                .flatMap(pod -> Stream.concat(
                                Stream.of(pod.getMetadata().getName()),
                                sparesMachines
                                        ? Stream.ofNullable(pod.getMetadata()
                                                .getAnnotations()
                                                .get(MACHINE))
                                        : Stream.empty())
                        .map(name -> pod.getMetadata().getNamespace() + "/" + name))
                .collect(Collectors.toSet());
        String rows = ovs.vsctl(
                "--format=json",
                "--columns=name,error,external_ids",
                "find",
                "Interface",
                "external_ids:pod_name!=[]",
                "external_ids:pod_namespace!=[]",
                "link_state!=up");
        for (JsonNode row : JsonMapper.shared().readTree(rows).path("data")) {
            String name = row.path(0).asString();
            String error = row.path(1).asString("");
            String podName = "";
            String podNamespace = "";
            for (JsonNode pair : row.path(2).path(1)) {
                if (pair.path(0).asString().contains("pod_name")
                        && !pair.path(0).asString().contains("pod_namespace")) {
                    podName = pair.path(1).asString();
                } else if (pair.path(0).asString().contains("pod_namespace")) {
                    podNamespace = pair.path(1).asString();
                }
            }
            if (error.contains("No such device") || !pods.contains(podNamespace + "/" + podName)) {
                ovs.vsctl("--if-exists", "--with-iface", "del-port", name);
            }
        }
    }
}
