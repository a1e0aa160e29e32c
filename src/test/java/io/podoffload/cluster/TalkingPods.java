package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** Two adopted pods on two nodes, and a ping from the one to the other that goes on and on. */
final class TalkingPods {

    private static final String WEB_PORT = "web.default.default.default.ovn";

    private final Ping ping;
    private final Bound before;

    /**
     * What must not be written again while nothing is wrong with it.
     *
     * @param row of the representor in Open vSwitch
     */
    private record Bound(String row, String reason, String since, List<String> interfaces) {
        static Bound now() {
            JsonNode condition = Pods.condition(Cluster.get("pod", "web"), "pod-offload.io/bound");
            return new Bound(
                    Cluster.on(
                            "node1",
                            "ovs-vsctl",
                            "--bare",
                            "--columns=_uuid",
                            "find",
                            "Interface",
                            "external_ids:iface-id=" + WEB_PORT),
                    condition.path("reason").asString(),
                    condition.path("lastTransitionTime").asString(),
                    Cluster.interfaces("node1", WEB_PORT));
        }
    }

    private TalkingPods(Ping ping) {
        this.ping = ping;
        this.before = Bound.now();
    }

    static TalkingPods begin() {
        Cluster.apply(OptedIn.pod("web", "node1"));
        Cluster.apply(OptedIn.pod("client", "node2"));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/web", "pod/client", "--timeout=120s");
        TalkingPods pods = new TalkingPods(Ping.from("client", Pods.address(Cluster.get("pod", "web"))));
        assertThat(pods.before.reason()).isEqualTo("Adopted");
        assertThat(pods.before.interfaces()).hasSize(1);
        return pods;
    }

    /** The same row, and the same condition since the same second. */
    void assertUntouched() {
        assertThat(Bound.now()).isEqualTo(before);
    }

    Ping.Losses losses() {
        return ping.losses();
    }

    static void end() {
        Cluster.kubectl("delete", "pod", "web", "client", "--ignore-not-found", "--wait");
    }
}
