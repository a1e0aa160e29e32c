package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.sim.Programs.ProgramFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the owners of pods can do to a node's binder, with a kubelet, a container runtime and an API server that are real. */
class TenantsStory {

    private static final String NODE = "node1";
    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";
    private static final String STATIC_PODS = "/etc/kubernetes/manifests/";

    /** By default gRPC takes a message of 4 MiB; a list of sandboxes carries the annotations of their pods. */
    private static final int LOUD_PODS = 25;

    private static final int ANNOTATION_BYTES = 200 * 1024;

    private final List<Vfs.Vf> before = Vfs.of(NODE);

    @BeforeAll
    static void install() {
        Release.ensure();
    }

    @AfterEach
    void clean() {
        Cluster.kubectl("delete", "deployment,pod", "--all", "--wait");
        Agreement.awaitNothing();
        Vfs.awaitSame(NODE, before);
    }

    @Test
    void fiveMebibytesOfAnnotationsOnANodeHoldUpNobody(@TempDir Path folder) throws IOException {
        Path manifest = folder.resolve("loud.yaml");
        Files.writeString(manifest, """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: loud}
                spec:
                  replicas: %d
                  selector: {matchLabels: {app: loud}}
                  template:
                    metadata:
                      labels: {app: loud}
                      annotations: {example.com/note: "%s"}
                    spec:
                      hostNetwork: true
                      nodeSelector: {kubernetes.io/hostname: %s}
                      terminationGracePeriodSeconds: 1
                      containers:
                        - {name: main, image: "docker.io/library/busybox:latest", imagePullPolicy: Never, command: [sleep, "100000"]}
                """.formatted(LOUD_PODS, "x".repeat(ANNOTATION_BYTES), NODE));
        Cluster.kubectl("create", "-f", manifest.toString());
        Cluster.kubectl("rollout", "status", "deployment/loud", "--timeout=300s");
        BinderLog log = BinderLog.of(NODE);

        Cluster.apply(OptedIn.pod("quiet", NODE));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/quiet", "--timeout=120s");
        assertThat(Pods.bound(Cluster.get("pod", "quiet"))).isEqualTo("Adopted");
        Release.deleteBinder(NODE);
        Release.awaitReady();

        Cluster.apply(OptedIn.pod("after-the-restart", NODE));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/after-the-restart", "--timeout=120s");
        assertThat(log.with("RESOURCE_EXHAUSTED")).isEmpty();
    }

    /** As a running pod's owner may edit them at any time. */
    @Test
    void anAnnotationThatIsEditedTakesNothingFromARunningPod() {
        Cluster.apply(OptedIn.pod("edited", NODE));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/edited", "--timeout=120s");
        String port = Pods.port(Cluster.get("pod", "edited"));
        List<String> rows = Cluster.interfaces(NODE, port);

        Cluster.kubectl(
                "annotate",
                "--overwrite",
                "pod/edited",
                "default.default.ovn.kubernetes.io/gateway=" + ".".repeat(80_000) + "x");

        awaitReason("edited", "BadAnnotation");
        assertThat(Cluster.interfaces(NODE, port)).isEqualTo(rows);
        Cluster.apply(OptedIn.pod("next", NODE));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/next", "--timeout=120s");
    }

    /** The VF is the pod's own affair, and so is its network; nothing was promised. */
    @Test
    void aPodThatAsksForAVfByItselfIsNotBothered() {
        Cluster.apply(withVf("by-itself", ""));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/by-itself", "--timeout=120s");

        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> assertThat(Cluster.kubectl(
                                "get", "configmap", "pod-offload-node-" + NODE, "-n", Release.NAMESPACE, "-o", "yaml"))
                        .contains("\"reason\":\"OtherNetwork\""));
        assertThat(Pods.condition(Cluster.get("pod", "by-itself"), "pod-offload.io/bound")
                        .isMissingNode())
                .isTrue();
        assertThat(Vfs.of(NODE)).isEqualTo(before);
    }

    /** The kubelet shows a copy of it to the API server, which the webhook must let pass as it is. */
    @Test
    void aStaticPodRunsAndIsToldThatItsCniAloneLooksAfterIt() {
        Cluster.on(
                NODE,
                "sh",
                "-c",
                "cat > " + STATIC_PODS + "static.yaml <<'END'\n" + withVf("static", "pod-offload.io/enabled: \"true\"")
                        + "\nEND");
        try {
            awaitReason("static-" + NODE, "StaticPod");
            assertThat(Vfs.of(NODE)).isEqualTo(before);
        } finally {
            Cluster.on(NODE, "rm", STATIC_PODS + "static.yaml");
            Cluster.kubectl("wait", "--for=delete", "pod/static-" + NODE, "--timeout=60s");
        }
    }

    /** By a policy, or since its Namespace is about to go. */
    @Test
    void aPodWhoseEventsAreRefusedIsServedAllTheSame() {
        Cluster.apply("""
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicy
                metadata: {name: no-events}
                spec:
                  matchConstraints:
                    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [events]}]
                  validations:
                    - {expression: "object.involvedObject.name != 'without-events'", reason: Forbidden}
                ---
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicyBinding
                metadata: {name: no-events}
                spec: {policyName: no-events, validationActions: [Deny]}
                """);
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofSeconds(1))
                    .until(TenantsStory::isAnEventRefused);
            Instant begin = Instant.now();
            Cluster.apply(OptedIn.pod("without-events", NODE));
            Cluster.kubectl("wait", "--for=condition=Ready", "pod/without-events", "--timeout=120s");

            Awaitility.await()
                    .during(Duration.ofSeconds(15))
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofSeconds(1))
                    .untilAsserted(() -> {
                        assertThat(ofTheBinder(begin))
                                .as("the condition comes again only where the pod waited for 10 s, and told so")
                                .contains("patch pods/status 200", "create events 403")
                                .containsOnly("patch pods/status 200", "create events 403")
                                .hasSizeLessThanOrEqualTo(4);
                        assertThat(Pods.bound(Cluster.get("pod", "without-events")))
                                .isEqualTo("Adopted");
                    });
        } finally {
            Cluster.kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", "no-events");
        }
    }

    private static boolean isAnEventRefused() {
        try {
            Cluster.apply("""
                    apiVersion: v1
                    kind: Event
                    metadata: {name: tried, namespace: default}
                    involvedObject: {kind: Pod, namespace: default, name: without-events}
                    reason: Tried
                    """);
        } catch (ProgramFailed e) {
            return String.valueOf(e.getMessage()).contains("ValidatingAdmissionPolicy 'no-events'");
        }
        Cluster.kubectl("delete", "event", "tried");
        return false;
    }

    private static List<String> ofTheBinder(Instant begin) {
        return AuditLog.between(begin, Instant.MAX).stream()
                .filter(request -> request.account().equals("node-binder"))
                .filter(request -> !request.resource().equals("configmaps"))
                .map(request -> request.verb() + " " + request.resource() + " " + request.code())
                .toList();
    }

    private static void awaitReason(String pod, String reason) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofSeconds(1))
                .ignoreExceptionsInstanceOf(ProgramFailed.class) // it is not there yet
                .untilAsserted(() -> assertThat(Pods.condition(Cluster.get("pod", pod), "pod-offload.io/bound")
                                .path("reason")
                                .asString())
                        .isEqualTo(reason));
    }

    private static String withVf(String name, String label) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: default, labels: {%s}}
                spec:
                  nodeSelector: {kubernetes.io/hostname: %s}
                  terminationGracePeriodSeconds: 1
                  containers:
                    - name: main
                      image: docker.io/library/busybox:latest
                      imagePullPolicy: Never
                      command: [sleep, "100000"]
                      resources: {limits: {%s: 1}}
                """.formatted(name, label, NODE, RESOURCE);
    }
}
