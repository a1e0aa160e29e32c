package io.podoffload.cluster;

import java.time.Duration;
import java.util.List;
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
}
