package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs.Ended;
import io.podoffload.sim.Shell;
import io.podoffload.sim.SimulatedCluster;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code kubectl offload} by a real kubectl, installed as the README says, with the programs of the image in containers. */
@SuppressWarnings("NullAway.Init") // set before all tests
class KubectlIT {

    private static final Path PROJECT =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
    private static final String OTHER_NODE = "node0";
    private static SimulatedCluster cluster;
    private static Shell shell;

    @BeforeAll
    static void start() {
        cluster = new SimulatedCluster(
                PROJECT,
                PROJECT.resolve("target/e2e-logs/kubectl"),
                new SimulatedCluster.Options(4, false, Optional.of(PROJECT.resolve("target/image/pod-offload.tar"))));
        shell = new Shell(
                PROJECT, Path.of("/run/home"), cluster.api().kubeConfig(), System.getenv("POD_OFFLOAD_TOOLS") + "/bin");
        assertThat(type("install -m 0755 node-binder/kubectl/kubectl-offload /usr/local/bin/kubectl-offload")
                        .exitCode())
                .isZero();
        cluster.useCni(CniMode.OTHER);
        cluster.createNamespace("shop", Map.of());
        cluster.awaitBound(cluster.create(Pods.labelled("web")), "Bound");
        cluster.awaitBound(cluster.create(Pods.labelled("till"), "shop"), "Bound");
        cluster.withoutWebhooks(() -> cluster.awaitBound(cluster.create(Pods.labelled("early")), "NotInjected"));
        // the report of the node, which status and vfs read, is some seconds old
        Awaitility.await()
                .atMost(OneNode.SOON)
                .until(() -> type("kubectl offload status").output().contains("     2      2 "));
        createBinderOfAnotherNode();
        createAccount(
                "operator",
                rule("", "get", "list", "pods", "nodes", "configmaps"),
                rule("apps", "get", "list", "daemonsets", "deployments"),
                exec());
        createAccount(
                "viewer",
                rule("", "get", "list", "pods", "configmaps"),
                rule("apps", "get", "list", "daemonsets", "deployments"));
        createAccount("narrow", rule("", "get", "list", "pods"), exec());
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
        if (shell != null) {
            shell.close();
        }
    }

    private static Ended type(String line) {
        return shell.type(line);
    }

    /** A second node, of which there are only the objects; its binder is the first in each list. */
    private static void createBinderOfAnotherNode() {
        Pod binder = cluster.client()
                .pods()
                .inNamespace("pod-offload")
                .withName("pod-offload-node-binder-" + SimulatedCluster.NODE)
                .get();
        cluster.client()
                .resource(new PodBuilder(binder)
                        .withNewMetadata()
                        .withName("pod-offload-node-binder-" + OTHER_NODE)
                        .withNamespace("pod-offload")
                        .withLabels(binder.getMetadata().getLabels())
                        .endMetadata()
                        .editSpec()
                        .withNodeName(OTHER_NODE)
                        .endSpec()
                        .build())
                .create();
        cluster.client()
                .resource(new PodBuilder(Pods.plain("elsewhere"))
                        .editMetadata()
                        .withNamespace("default")
                        .endMetadata()
                        .editSpec()
                        .withNodeName("node7")
                        .endSpec()
                        .build())
                .create();
        cluster.client()
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("pod-offload-node-" + OTHER_NODE)
                        .withNamespace("pod-offload")
                        .addToLabels("pod-offload.io/report", "node")
                        .endMetadata()
                        .addToData("vfs", "")
                        .build())
                .create();
    }

    private static PolicyRule rule(String group, String verb, String otherVerb, String... resources) {
        return new PolicyRuleBuilder()
                .withApiGroups(group)
                .withVerbs(verb, otherVerb)
                .withResources(resources)
                .build();
    }

    private static PolicyRule exec() {
        return rule("", "get", "create", "pods/exec");
    }

    private static void createAccount(String name, PolicyRule... rules) {
        cluster.client()
                .resource(new ClusterRoleBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withRules(List.of(rules))
                        .build())
                .create();
        cluster.client()
                .resource(new ClusterRoleBindingBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", name)
                        .addNewSubject("rbac.authorization.k8s.io", "User", name, null)
                        .build())
                .create();
    }

    @Test
    void statusCountsWhatIsReadyAndTheVfsOfEachNode() {
        Ended ended = type("kubectl offload status");

        assertThat(ended.error()).isEmpty();
        assertThat(ended.exitCode()).isZero();
        assertThat(ended.output()).isEqualTo("""
                        pod-offload in the Namespace pod-offload
                        webhook       1 of 1 ready
                        node-binders  1 of 1 ready

                        NODE                               VFS  HELD  BOUND  OFFLOADED  WRONG
                        node0                                0     0      0          0      0
                        node1                                4     2      2          0      0
                        """);
    }

    @Test
    void statusEndsWithOneWhereSomethingIsNotReady() {
        cluster.client()
                .apps()
                .deployments()
                .inNamespace("pod-offload")
                .withName("pod-offload-webhook")
                .editStatus(now -> {
                    now.getStatus().setReadyReplicas(null);
                    return now;
                });
        try {
            Ended ended = type("kubectl offload status");

            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.output()).contains("webhook       0 of 1 ready");
        } finally {
            cluster.client()
                    .apps()
                    .deployments()
                    .inNamespace("pod-offload")
                    .withName("pod-offload-webhook")
                    .editStatus(now -> {
                        now.getStatus().setReadyReplicas(1);
                        return now;
                    });
        }
    }

    @Test
    void vfsNamesThePodOfEachVf() {
        Ended all = type("kubectl offload vfs");
        Ended one = type("kubectl offload vfs node1");
        Ended none = type("kubectl offload vfs node9");

        assertThat(all.exitCode()).isZero();
        assertThat(all.output())
                .containsPattern("(?m)^node1 +0000:03:00.2 +enp3s0f0_0 +Bound +\\S+ +default/web$")
                .containsPattern("(?m)^node1 +0000:03:00.3 +enp3s0f0_1 +Bound +\\S+ +shop/till$")
                .containsPattern("(?m)^node1 +0000:03:00.5 +enp3s0f0_3 +Free +- +-$")
                .hasLineCount(5);
        assertThat(one.output()).isEqualTo(all.output());
        assertThat(none.exitCode()).isEqualTo(4);
        assertThat(none.error()).isEqualTo("kubectl offload: there is no report of a node node9\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kubectl offload explain web",
                "kubectl offload explain default/web",
                "kubectl offload explain -n shop till",
                "kubectl offload explain till --namespace=shop",
                "kubectl offload explain -nshop till",
                "kubectl offload explain shop/till",
                "kubectl offload explain web --as operator",
                "kubectl offload explain web --as narrow --release-namespace pod-offload",
                "kubectl offload explain web --context simulated",
                "KUBECONFIG=/none kubectl offload explain web --kubeconfig=/run/home/.kube/config"
            })
    void explainAsksTheBinderOfThePodsNode(String line) {
        Ended ended = type(line);

        assertThat(ended.error()).isEmpty();
        assertThat(ended.exitCode()).as("no hardware here").isEqualTo(1);
        assertThat(ended.output())
                .containsPattern("(?m)^✓ CNI +Bound: .*OVN port (web.default|till.shop)\\.")
                .contains("<- breaks here", "HwOffloadUnset");
    }

    @Test
    void statusAndVfsAreForProgramsToo() {
        JsonNode status = JsonMapper.shared()
                .readTree(type("kubectl offload status -o json").output());
        JsonNode vfs = JsonMapper.shared()
                .readTree(type("kubectl offload vfs node1 -o json").output());

        assertThat(status.at("/nodes/1/bound").asInt()).isEqualTo(2);
        assertThat(vfs.size()).isEqualTo(4);
        assertThat(vfs.at("/0/pod").asString()).isEqualTo("default/web");
    }

    @Test
    void explainIsForProgramsToo() {
        Ended ended = type("kubectl offload explain web -ojson");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.error()).isEmpty();
        assertThat(JsonMapper.shared().readTree(ended.output()).path("pod").asString())
                .isEqualTo("default/web");
    }

    @Test
    void aPodThatTheWebhookDidNotSeeIsToldWhyItIsNotBound() {
        Ended ended = type("kubectl offload explain early");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.error()).isEmpty();
        assertThat(ended.output())
                .containsPattern("(?m)^✗ admission .*<- breaks here")
                .containsIgnoringCase("create the pod again");
    }

    @Test
    void aPodThatIsNotThereIsTold() {
        Ended ended = type("kubectl offload explain shop/nobody");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.output()).isEmpty();
        assertThat(ended.error()).isEqualTo("kubectl offload: there is no pod nobody in the Namespace shop.\n");
    }

    @Test
    void aNodeWithoutABinderIsToldWithWhatToLookAt() {
        Ended pod = type("kubectl offload explain elsewhere");
        Ended node = type("kubectl offload doctor node9");

        assertThat(pod.exitCode()).isEqualTo(4);
        assertThat(pod.error())
                .startsWith(
                        "kubectl offload: no node-binder runs on node node7; see kubectl -n pod-offload get pods -l ");
        assertThat(node.exitCode()).isEqualTo(4);
        assertThat(node.error()).startsWith("kubectl offload: no node-binder runs on node node9; see ");
    }

    @Test
    void aBinderThatCannotAnswerIsNoVerdictOnTheNode() {
        Ended ended = type("kubectl offload doctor node0");

        assertThat(ended.exitCode()).isEqualTo(4);
        assertThat(ended.output()).isEmpty();
        assertThat(ended.error()).contains("no container of pod pod-offload-node-binder-node0 runs here");
    }

    @Test
    void doctorOfANodeIsThatOfItsBinder() {
        Ended text = type("kubectl offload doctor node1");
        Ended json = type("kubectl offload doctor node1 -o json");

        assertThat(text.exitCode()).isEqualTo(1);
        assertThat(text.error()).isEmpty();
        assertThat(text.output()).contains("✗ HwOffloadUnset", "✓ the node has a NIC with SR-IOV");
        assertThat(json.exitCode()).isEqualTo(1);
        assertThat(JsonMapper.shared().readTree(json.output()).isEmpty()).isFalse();
    }

    @Test
    void doctorReadsTheClusterWithTheCallersRightsAndEachNodeByItsBinder() {
        Ended ended = type("kubectl offload doctor");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.output())
                .startsWith("Cluster\n")
                .contains("✗ WrongProvider", "✗ NoResource", "\nNode node1\n", "✗ HwOffloadUnset", "\nNode node0\n");
        assertThat(ended.error()).as("of the node that only has objects").contains("node-binder-node0 runs here");
    }

    @Test
    void anAccountThatMayNotReadTheClusterHearsSoAndGetsTheNodesAllTheSame() {
        Ended ended = type("kubectl offload doctor --as operator");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.output()).startsWith("Cluster\n\nNode ").contains("✗ HwOffloadUnset");
        assertThat(ended.error())
                .contains("network-attachment-definitions is forbidden: User \"operator\" cannot list resource")
                .contains("kubectl offload: the cluster is not checked, because kubectl could not read all");
    }

    @Test
    void aClusterWithoutTheKindsOfKubeOvnIsCheckedAllTheSame() {
        cluster.api().letBeAbsent("kubeovn.io");
        try {
            Ended ended = type("kubectl offload doctor");

            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.output()).contains("✗ WrongProvider").contains("\nNode node1\n");
            assertThat(ended.error()).doesNotContain("Subnet", "subnets", "the cluster is not checked");
        } finally {
            cluster.api().letBeAbsent();
        }
    }

    @Test
    void whoMayNotExecuteIsToldSo() {
        Ended ended = type("kubectl offload explain web --as viewer");

        assertThat(ended.exitCode()).isEqualTo(4);
        assertThat(ended.error())
                .contains("pods \"pod-offload-node-binder-node1\" is forbidden: User \"viewer\" cannot create resource"
                        + " \"pods/exec\"");
    }

    @Test
    void whoMayReadNothingIsToldSo() {
        Ended ended = type("kubectl offload status --as guest");

        assertThat(ended.exitCode()).isEqualTo(4);
        assertThat(ended.output()).isEmpty();
        assertThat(ended.error()).contains("Error from server (Forbidden): deployments");
    }

    @Test
    void aClusterThatDoesNotAnswerIsNoVerdict() {
        Ended ended = type("sed 's,http://[^\"]*,http://127.0.0.1:1,' /run/home/.kube/config >/run/home/none;"
                + " kubectl offload status --kubeconfig /run/home/none");

        assertThat(ended.exitCode()).isEqualTo(4);
        assertThat(ended.error()).contains("The connection to the server 127.0.0.1:1 was refused");
    }

    @ParameterizedTest
    @CsvSource({
        "explain, explain needs the name of a pod",
        "explain a/b/c, this is no name of a pod: b/c",
        "explain web db, one word too many: db",
        "explain web --colour, there is no option --colour",
        "explain web -n, -n needs a value",
        "explain web -o yaml, 'the output is text or json, and not yaml'",
        "expalin web, there is no command expalin",
        "status node1, status takes no name",
        "doctor -o json, doctor -o json needs a node"
    })
    void whatIsMistypedIsToldInASentence(String words, String sentence) {
        Ended ended = type("kubectl offload " + words);

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.output()).isEmpty();
        assertThat(ended.error()).isEqualTo("kubectl offload: " + sentence + "\nSee kubectl offload --help.\n");
    }

    @Test
    void helpIsThere() {
        for (String line : new String[] {"kubectl offload", "kubectl offload --help", "kubectl offload explain -h"}) {
            Ended ended = type(line);

            assertThat(ended.exitCode()).isZero();
            assertThat(ended.output()).contains("Usage:", "kubectl offload explain POD", "Exit codes:");
        }
    }

    static Stream<List<String>> shells() {
        return Stream.of("dash", "bash --posix", "busybox sh")
                .flatMap(shell ->
                        Stream.of("mawk", "busybox awk", "original-awk").map(awk -> List.of(shell, awk)));
    }

    /** Each shell with each awk that a machine may have; the last is that of macOS and BSD. */
    @ParameterizedTest
    @MethodSource("shells")
    void itIsOfEachShellAndAwk(List<String> programs) {
        String plugin = "mkdir -p /run/awk && printf '#!/bin/sh\\nexec %s \"$@\"\\n' '" + programs.get(1)
                + "' >/run/awk/awk && chmod +x /run/awk/awk && PATH=/run/awk:$PATH " + programs.get(0)
                + " /usr/local/bin/kubectl-offload ";

        for (String words : List.of("status", "vfs", "vfs node1", "explain web -o text", "doctor node1", "--help")) {
            Ended expected = type("kubectl offload " + words);
            Ended ended = type(plugin + words);

            assertThat(ended.error()).as(words).isEqualTo(expected.error());
            assertThat(withoutFigures(ended.output())).as(words).isEqualTo(withoutFigures(expected.output()));
            assertThat(ended.exitCode()).as(words).isEqualTo(expected.exitCode());
        }
        assertThat(type(plugin + "vfs node9").exitCode()).isEqualTo(4);
        assertThat(type(plugin + "vfs node9").error())
                .isEqualTo("kubectl offload: there is no report of a node node9\n");
    }

    /** Packets, seconds and the verdict on them change from one call to the next. */
    private static String withoutFigures(String text) {
        return text.replaceAll("(?m)^. flows .*$", "flows").replaceAll(" Bound +\\S+ +", " Bound ");
    }

    @Test
    void whatAProgramInAPodPrintsAndHowItEndsIsWhatKubectlTells() {
        Ended wrong = type("kubectl exec web -- sh -c 'echo out; echo err >&2; exit 7'");
        Ended input = type("seq 1 20000 | kubectl exec -i web -- wc -l");

        assertThat(wrong.exitCode()).isEqualTo(7);
        assertThat(wrong.output()).isEqualTo("out\n");
        assertThat(wrong.error()).isEqualTo("err\ncommand terminated with exit code 7\n");
        assertThat(input.output().strip()).isEqualTo("20000");
        assertThat(type("kubectl exec nobody -- true").error())
                .isEqualTo("Error from server (NotFound): pods \"nobody\" not found\n");
        assertThat(type("kubectl exec web -c none -- true").error())
                .contains("container none is not valid for pod web");
    }
}
