package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the real API server makes of the webhook's answers, beside its other admission. */
@SuppressWarnings("NullAway.Init") // JUnit sets the folder
class AdmissionStory {

    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";
    private static final String DEFAULT_NETWORK = "v1.multus-cni.io/default-network";
    private static final List<String> NAMESPACES =
            List.of("shop", "edge", "quiet", "typo", "blue", "strict", "poor", "ruled");

    /** Rows that no API server lets through, whatever a webhook says. */
    private static final Set<String> REFUSED_BY_THE_SERVER = Set.of(
            "no metadata at all, Namespace policy `always`",
            "the Namespace is not known after 500 ms",
            "mirror of a static pod",
            "no container");

    private static final String OPTED_IN = """
            {"metadata": {"name": "a", "labels": {"pod-offload.io/enabled": "true"}},
             "spec": {"containers": [{"name": "app", "image": "x"}]}}""";

    @TempDir
    static Path folder;

    @BeforeAll
    static void makeNamespaces() {
        Release.ensure();
        NAMESPACES.forEach(name -> Cluster.kubectl("create", "namespace", name));
        Cluster.kubectl("label", "namespace", "edge", "pod-offload.io/policy=always");
        Cluster.kubectl("label", "namespace", "quiet", "pod-offload.io/policy=never");
        Cluster.kubectl("label", "namespace", "typo", "pod-offload.io/policy=alwyas");
        Cluster.kubectl("annotate", "namespace", "blue", "pod-offload.io/profile=bluefield");
        Cluster.kubectl("label", "namespace", "strict", "pod-security.kubernetes.io/enforce=restricted");
        network("shop", "fast", RESOURCE);
        network("shop", "blue", "nvidia.com/bf3");
        network("shop", "slow", null);
        network("kube-system", "bluefield", "nvidia.com/bf3");
        NAMESPACES.forEach(
                name -> Cluster.kubectl("-n", name, "wait", "--for=create", "serviceaccount/default", "--timeout=60s"));
    }

    @AfterAll
    static void removeNamespaces() {
        Cluster.kubectl("-n", "kube-system", "delete", "network-attachment-definition", "bluefield");
        List<String> delete = new ArrayList<>(List.of("delete", "namespace", "--wait=false"));
        delete.addAll(NAMESPACES);
        Cluster.kubectl(delete.toArray(String[]::new));
    }

    private static void network(String namespace, String name, @Nullable String resource) {
        Cluster.apply("""
                apiVersion: k8s.cni.cncf.io/v1
                kind: NetworkAttachmentDefinition
                metadata: {name: %s, namespace: %s%s}
                spec: {config: '{"cniVersion": "0.3.1", "name": "%1$s", "type": "bridge"}'}
                """.formatted(
                        name,
                        namespace,
                        resource == null ? "" : ", annotations: {k8s.v1.cni.cncf.io/resourceName: " + resource + "}"));
    }

    /**
     * Each pod of the webhook's table is admitted with the patch, or refused by our own sentence, or gets the very answer that it
     * gets without us.
     */
    @Test
    void everyPodOfTheDecisionTableGetsTheAnswerOfTheDocument() throws IOException {
        DryRun dryRun = new DryRun(folder);
        List<DecisionTable.Row> rows = DecisionTable.rows();
        List<String> refusedByTheServer = new ArrayList<>();
        String before = Release.policy();
        try {
            for (String conflict : List.of("warn", "deny")) {
                Release.usePolicy("""
                        conflict: %s
                        profiles:
                          default: {network: default/default, resource: mellanox.com/cx5_sriov_switchdev}
                          bluefield: {network: kube-system/bluefield, resource: nvidia.com/bf3, readinessGate: false}
                        """.formatted(conflict));
                rows.stream()
                        .filter(row ->
                                row.conflict().equals(conflict) && row.without().isEmpty())
                        .forEach(row -> {
                            if (!assertAnswered(dryRun, row)) {
                                refusedByTheServer.add(row.given());
                            }
                        });
            }
        } finally {
            Release.usePolicy(before);
        }
        assertThat(refusedByTheServer).containsExactlyInAnyOrderElementsOf(REFUSED_BY_THE_SERVER);

        assertThat(rows.stream().filter(row -> !row.without().isEmpty()))
                .hasSize(3)
                .allSatisfy(row -> {
                    try (Lack lack = Lack.of(row.without())) {
                        Awaitility.await()
                                .atMost(Duration.ofSeconds(20))
                                .untilAsserted(() -> assertAnswered(dryRun, row));
                    }
                });
        assertNothingIsLeft();
    }

    /** @return whether the pod was admitted or refused by us, and not by the API server itself */
    private static boolean assertAnswered(DryRun dryRun, DecisionTable.Row row) {
        DryRun.Answer answer = dryRun.create(row.namespace(), row.pod(null));
        DryRun.Answer unaided = dryRun.create(row.namespace(), row.pod("false"));
        if (!answer.isAdmitted() && answer.error().equals(unaided.error())) {
            return false;
        }
        if (row.isRefused()) {
            assertThat(answer.error())
                    .as(row.given())
                    .contains("admission webhook", "denied the request: " + row.refusal());
            return true;
        }
        assertThat(answer.error()).as(row.given()).isEmpty();
        assertThat(answer.warnings()).as(row.given()).isEqualTo(row.answer());
        if (row.decision().equals("Inject") || row.decision().equals("Complete")) {
            assertThat(lacksOf(answer.pod(), row.profile())).as(row.given()).isEmpty();
        }
        if (unaided.isAdmitted()) {
            boolean injected = row.decision().equals("Inject");
            assertThat(without(answer.pod(), injected)).as(row.given()).isEqualTo(without(unaided.pod(), injected));
        }
        return true;
    }

    /** What a pod with the patch of a profile has and this one has not. */
    private static List<String> lacksOf(JsonNode pod, String profile) {
        List<String> lacks = new ArrayList<>();
        String resource = profile.equals("default") ? RESOURCE : "nvidia.com/bf3";
        String network = profile.equals("default") ? "default/default" : "kube-system/bluefield";
        if (!pod.at("/metadata/annotations").path(DEFAULT_NETWORK).asString("").startsWith(network)) {
            lacks.add("annotation");
        }
        boolean requested = Stream.concat(
                        pod.at("/spec/containers").valueStream(),
                        pod.at("/spec/initContainers").valueStream())
                .map(container -> container.path("resources"))
                .anyMatch(resources -> resources.path("limits").has(resource)
                        && resources.path("requests").has(resource));
        if (!requested) {
            lacks.add("request and limit");
        }
        boolean gated = pod.at("/spec/readinessGates")
                .valueStream()
                .anyMatch(gate -> gate.path("conditionType").asString().equals("pod-offload.io/bound"));
        if (gated != profile.equals("default")) {
            lacks.add("gate");
        }
        return lacks;
    }

    /** The pod without its identity and, if it got the patch, without what a patch may add. */
    private static JsonNode without(JsonNode admitted, boolean patched) {
        ObjectNode pod = (ObjectNode) admitted.deepCopy();
        ObjectNode metadata = (ObjectNode) pod.path("metadata");
        metadata.remove(List.of("uid", "creationTimestamp", "managedFields"));
        metadata.withObject("/labels").remove("pod-offload.io/enabled");
        if (patched) {
            metadata.withObject("/annotations").remove(DEFAULT_NETWORK);
            for (String list : List.of("containers", "initContainers")) {
                pod.path("spec").path(list).forEach(container -> {
                    for (String kind : List.of("limits", "requests")) {
                        ObjectNode resources = ((ObjectNode) container).withObject("/resources/" + kind);
                        resources.remove(List.of(RESOURCE, "nvidia.com/bf3"));
                    }
                });
            }
            ArrayNode gates = ((ObjectNode) pod.path("spec")).withArray("/readinessGates");
            gates.removeIf(gate -> gate.path("conditionType").asString().equals("pod-offload.io/bound"));
        }
        prune(pod);
        return pod;
    }

    private static void prune(JsonNode node) {
        node.forEach(AdmissionStory::prune);
        if (node instanceof ObjectNode object) {
            object.properties().stream()
                    .filter(property -> property.getValue().isContainer()
                            && property.getValue().isEmpty())
                    .map(Map.Entry::getKey)
                    .toList()
                    .forEach(object::remove);
        }
    }

    /** In the Namespaces in which there are only dry runs. */
    private static void assertNothingIsLeft() {
        for (String namespace : List.of("shop", "edge", "quiet", "typo", "blue")) {
            assertThat(Cluster.kubectl("-n", namespace, "get", "pods", "-o", "name"))
                    .isEmpty();
            assertThat(Cluster.kubectl("-n", namespace, "get", "events", "-o", "name"))
                    .isEmpty();
        }
    }

    @Test
    void theRestrictedLevelOfPodSecurityAcceptsThePatch() {
        DryRun dryRun = new DryRun(folder);
        String restricted = """
                {"metadata": {"name": "a", "labels": {"pod-offload.io/enabled": "true"}},
                 "spec": {"securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
                  "containers": [{"name": "app", "image": "x",
                   "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}""";

        DryRun.Answer answer = dryRun.create("strict", restricted);

        assertThat(answer.error()).isEmpty();
        assertThat(lacksOf(answer.pod(), "default")).isEmpty();
        assertThat(dryRun.create("strict", OPTED_IN).error())
                .contains("violates PodSecurity")
                .isEqualTo(dryRun.create("strict", OPTED_IN.replace("\"true\"", "\"false\""))
                        .error());
    }

    @Test
    void aQuotaOfVfsCountsPodsAndNoDryRun() {
        DryRun dryRun = new DryRun(folder);
        Cluster.apply("""
                apiVersion: v1
                kind: ResourceQuota
                metadata: {name: vfs, namespace: poor}
                spec: {hard: {requests.mellanox.com/cx5_sriov_switchdev: "1"}}
                """);
        awaitUsed("0");

        assertThat(dryRun.create("poor", OPTED_IN).error()).isEmpty();
        assertThat(dryRun.create("poor", OPTED_IN).error()).isEmpty();
        assertThat(used()).isEqualTo("0");

        Cluster.kubectl(
                "-n",
                "poor",
                "run",
                "one",
                "--image=x",
                "--labels=pod-offload.io/enabled=true",
                "--overrides={\"spec\": {\"nodeSelector\": {\"no\": \"node\"}}}");
        awaitUsed("1");
        assertThat(dryRun.create("poor", OPTED_IN).error())
                .contains("exceeded quota: vfs", "requested: requests.mellanox.com/cx5_sriov_switchdev=1");
        assertThat(dryRun.create("poor", OPTED_IN.replace("\"true\"", "\"false\""))
                        .error())
                .isEmpty();

        Cluster.kubectl("-n", "poor", "delete", "pod", "one", "--wait");
        awaitUsed("0");
    }

    private static void awaitUsed(String vfs) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(used()).isEqualTo(vfs));
    }

    private static String used() {
        return Cluster.get("-n", "poor", "resourcequota", "vfs")
                .at("/status/used")
                .path("requests.mellanox.com/cx5_sriov_switchdev")
                .asString();
    }

    @Test
    void aValidatingPolicySeesThePatchAndItsSentenceReachesTheUser() {
        DryRun dryRun = new DryRun(folder);
        Cluster.apply("""
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicy
                metadata: {name: vfs-have-teams}
                spec:
                  matchConstraints:
                    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
                  validations:
                    - expression: >-
                        !object.spec.containers.exists(c, has(c.resources) && has(c.resources.limits) &&
                        'mellanox.com/cx5_sriov_switchdev' in c.resources.limits) ||
                        (has(object.metadata.labels) && 'team' in object.metadata.labels)
                      message: a pod with a VF names its team
                ---
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicyBinding
                metadata: {name: vfs-have-teams}
                spec:
                  policyName: vfs-have-teams
                  validationActions: [Deny]
                  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ruled}}}
                """);
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> assertThat(dryRun.create("ruled", OPTED_IN).error())
                                    .contains("a pod with a VF names its team"));
            assertThat(dryRun.create("ruled", OPTED_IN.replace("\"true\"", "\"false\""))
                            .error())
                    .isEmpty();
            assertThat(dryRun.create("ruled", OPTED_IN.replace("\"true\"", "\"true\", \"team\": \"red\""))
                            .error())
                    .isEmpty();
        } finally {
            Cluster.kubectl(
                    "delete",
                    "validatingadmissionpolicybinding.admissionregistration.k8s.io/vfs-have-teams",
                    "validatingadmissionpolicy.admissionregistration.k8s.io/vfs-have-teams");
        }
    }

    @Test
    void applyingAsADryRunShowsThePatchAndLeavesNothing() {
        String manifest = OptedIn.pod("a", "node1");

        JsonNode shown = JsonMapper.shared()
                .readTree(Cluster.run(
                        "bash",
                        "-c",
                        "kubectl -n shop apply --dry-run=server -o json -f - <<'END'\n" + manifest + "\nEND"));

        assertThat(lacksOf(shown, "default")).isEmpty();
        assertNothingIsLeft();
    }
}
