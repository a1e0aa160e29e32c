package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.sim.Programs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The release goes and comes while an adopted and a bound pod talk: by Helm 3 and by Helm 4. */
class InstallStory {

    private static final List<String> DEPRECATED = List.of("endpoints", "componentstatuses");
    private static final String OF_MULTUS = "/etc/cni/net.d/00-multus.conf";
    private static final String AWAY = "/etc/cni/00-multus.conf";

    /** On {@code node2} there is no Multus, so that the binder itself binds. */
    @BeforeAll
    static void takeMultusAway() {
        Cluster.on("node2", "mv", OF_MULTUS, AWAY);
    }

    @BeforeEach
    void ensure() {
        Release.ensure();
    }

    @AfterAll
    static void restore() {
        Cluster.kubectl("delete", "pod", "--all", "--wait");
        Cluster.on("node2", "cp", AWAY, OF_MULTUS);
        Cluster.on("node2", "rm", AWAY);
        Release.ensure();
        Agreement.awaitNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"helm", "helm4"})
    void nothingIsLeftAndThePodsTalkOn(String helm) {
        Cluster.apply(OptedIn.pod("adopted", "node1"));
        Cluster.apply(OptedIn.pod("bound", "node2"));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/adopted", "pod/bound", "--timeout=120s");
        JsonNode adopted = Cluster.get("pod", "adopted");
        JsonNode bound = Cluster.get("pod", "bound");
        assertThat(Pods.bound(adopted)).isEqualTo("Adopted");
        assertThat(Pods.bound(bound)).isEqualTo("Bound");
        Ping ping = Ping.from("bound", Pods.address(adopted));

        Programs.Ended uninstalled =
                Programs.end(Map.of(), List.of(helm, "uninstall", "pod-offload", "--namespace", Release.NAMESPACE));

        assertThat(uninstalled.exitCode()).as(uninstalled.error()).isZero();
        assertThat(uninstalled.output() + uninstalled.error())
                .contains(
                        "The webhook configuration is gone",
                        "These pods keep their VF",
                        "default/bound: ",
                        "default/adopted: ");
        assertNothingIsLeft();
        assertThat(lastingConditions(Cluster.get("pod", "adopted"))).isEqualTo(lastingConditions(adopted));
        assertThat(lastingConditions(Cluster.get("pod", "bound"))).isEqualTo(lastingConditions(bound));
        assertThat(Cluster.interfaces("node1", Pods.port(adopted))).hasSize(1);
        assertThat(Cluster.interfaces("node2", Pods.port(bound))).hasSize(1);

        Cluster.apply(OptedIn.pod("plain", "node3"));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/plain", "--timeout=60s");
        assertThat(Cluster.get("pod", "plain").at("/spec").has("readinessGates"))
                .isFalse();
        Cluster.kubectl("delete", "pod", "plain", "--wait");
        Ping.Losses without = ping.losses();

        Release.helm(helm, "install", "--timeout=5m");
        Release.awaitReady();

        Ping.Losses install = ping.losses();
        System.out.printf(
                "%s: %d of %d packets lost by uninstall, %d of %d by install%n",
                helm, without.lost(), without.sent(), install.lost(), install.sent());
        assertThat(without.interrupted() || install.interrupted()).isFalse();
        assertThat(Pods.bound(Cluster.get("pod", "adopted"))).isEqualTo("Adopted");
        assertThat(Pods.bound(Cluster.get("pod", "bound"))).isEqualTo("Bound");
        Cluster.kubectl("delete", "pod", "adopted", "bound", "--wait");
        Agreement.awaitNothing();
    }

    /** Without the one that follows the pod's packets. */
    private static List<JsonNode> lastingConditions(JsonNode pod) {
        return pod.at("/status/conditions")
                .valueStream()
                .filter(condition -> !condition.path("type").asString().equals("pod-offload.io/offloaded"))
                .toList();
    }

    /** Only the networks stay, as the chart says, and what the API server makes in each Namespace. */
    private static void assertNothingIsLeft() {
        Cluster.kubectl("-n", Release.NAMESPACE, "wait", "--for=delete", "pod", "--all", "--timeout=120s");
        assertThat(Cluster.kubectl("get", kinds(), "-A", "-l", "app.kubernetes.io/name=pod-offload", "-o", "name")
                        .lines())
                .containsExactlyInAnyOrder(
                        "networkattachmentdefinition.k8s.cni.cncf.io/default", "subnet.kubeovn.io/pod-offload-default");
        assertThat(Cluster.kubectl("-n", Release.NAMESPACE, "get", kinds("--namespaced"), "-o", "name")
                        .lines())
                .containsExactlyInAnyOrder("configmap/kube-root-ca.crt", "serviceaccount/default");
        assertThat(Cluster.kubectl(
                        "get", "mutatingwebhookconfigurations,clusterroles,clusterrolebindings", "-o", "name"))
                .doesNotContain("pod-offload");
        assertThat(Cluster.get("nodes").path("items").valueStream())
                .allSatisfy(node ->
                        assertThat(node.at("/status/conditions").toString()).doesNotContain("pod-offload"));
    }

    private static String kinds(String... options) {
        List<String> command = new ArrayList<>(List.of("api-resources", "--verbs=list", "-o", "name"));
        command.addAll(List.of(options));
        return Cluster.kubectl(command.toArray(String[]::new))
                .lines()
                .filter(kind -> !kind.startsWith("events") && !DEPRECATED.contains(kind))
                .collect(Collectors.joining(","));
    }
}
