package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.sim.Programs.ProgramFailed;
import java.time.Duration;
import org.awaitility.Awaitility;
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

    /** Name of its logical switch port, iface-id and IP object in the network of the profile {@code default}. */
    static String port(JsonNode pod) {
        return pod.at("/metadata/name").asString() + "."
                + pod.at("/metadata/namespace").asString() + ".default.default.ovn";
    }

    /** Why the condition {@code bound} is true; a failure if it is not. */
    static String bound(JsonNode pod) {
        JsonNode condition = condition(pod, "pod-offload.io/bound");
        assertThat(condition.path("status").asString()).as("%s", condition).isEqualTo("True");
        return condition.path("reason").asString();
    }

    /** Kills the first process of its sandbox, which ends all of its containers, and waits until its pod runs in another one. */
    static void killSandbox(JsonNode pod) {
        String uid = pod.at("/metadata/uid").asString();
        Cluster.run("bash", "-ec", """
                killed=
                for process in $(grep -ls pod%1$s /proc/[0-9]*/cgroup); do
                  folder=${process%%/cgroup}
                  if [ "$(cat $folder/comm 2>/dev/null)" = pause ]; then
                    kill -KILL ${folder#/proc/}
                    killed=yes
                  fi
                done
                [ -n "$killed" ] || { echo "no process 'pause' is in a cgroup of pod %1$s"; exit 1; }
                """.formatted(uid));
        String name = "pod/" + pod.at("/metadata/name").asString();
        Cluster.kubectl("wait", "--for=jsonpath={.status.containerStatuses[0].restartCount}=1", name, "--timeout=120s");
        Cluster.kubectl("wait", "--for=condition=Ready", name, "--timeout=120s");
    }

    /** Three pings from a pod of the Namespace {@code default}; the first may come before every node's flows are there. */
    static void assertPings(String from, String address) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptionsInstanceOf(ProgramFailed.class)
                .untilAsserted(() -> assertThat(ping(from, 1, address)).contains("1 packets received"));
        assertThat(ping(from, 3, address)).contains("3 packets received");
    }

    private static String ping(String from, int packets, String address) {
        return Cluster.kubectl("exec", from, "--", "ping", "-c", "" + packets, "-W", "2", "-i", "0.2", address);
    }
}
