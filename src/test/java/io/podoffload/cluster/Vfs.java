package io.podoffload.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import tools.jackson.databind.json.JsonMapper;

/** The VFs of a node, as the node's own network namespace shows them. */
final class Vfs {

    private Vfs() {}

    /**
     * A VF that is in the node's namespace.
     *
     * @param name and what else a pod can have changed
     */
    record Vf(String name, String mac, int mtu) {}

    /** Those that are in the node's namespace, by name. */
    static List<Vf> of(String node) {
        return JsonMapper.shared()
                .readTree(Cluster.on(node, "ip", "-j", "link"))
                .valueStream()
                .filter(link -> link.path("address").asString("").startsWith("02:5e:00:00:03:")
                        || link.path("ifname").asString().matches("enp3s0f0v\\d+"))
                .map(link -> new Vf(
                        link.path("ifname").asString(),
                        link.path("address").asString(),
                        link.path("mtu").asInt()))
                .sorted(java.util.Comparator.comparing(Vf::name))
                .toList();
    }

    /** Waits until they are as they were, MAC and MTU included. */
    static void awaitSame(String node, List<Vf> before) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .untilAsserted(() -> Assertions.assertThat(of(node)).isEqualTo(before));
    }

    /** PCI addresses by uid of the pod, as the kubelet of the node allotted them; it forgets pods that are gone at its next allocation. */
    static Map<String, String> allotted(String node) {
        return JsonMapper.shared()
                .readTree(Cluster.on(node, "cat", "/var/lib/kubelet/device-plugins/kubelet_internal_checkpoint"))
                .at("/Data/PodDeviceEntries")
                .valueStream()
                .collect(Collectors.toMap(
                        entry -> entry.path("PodUID").asString(),
                        entry -> entry.at("/DeviceIDs/-1/0").asString()));
    }
}
