package io.podoffload.webhook.injection;

import static io.podoffload.webhook.injection.KnownCluster.OTHER_RESOURCE;
import static io.podoffload.webhook.injection.KnownCluster.RESOURCE;
import static io.podoffload.webhook.injection.PodFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Every decision, by an example; the same table stands in docs/webhook.md. */
class DecisionTableTest {

    private static final Map<String, String> ONE = Map.of(RESOURCE, "1");
    private static final Map<String, String> TWO = Map.of(RESOURCE, "2");

    /** One row: in this world the webhook decides that. */
    record Row(
            String given,
            PodFacts pod,
            Entry entry,
            String namespace,
            KnownCluster cluster,
            Conflict conflict,
            String decision) {

        Row(String given, PodFixture pod, String decision) {
            this(given, pod.facts(), Entry.LABEL, "shop", KnownCluster.usual(), Conflict.WARN, decision);
        }

        Row in(String other) {
            return new Row(given, pod, entry, other, cluster, conflict, decision);
        }

        Row by(Entry other) {
            return new Row(given, pod, other, namespace, cluster, conflict, decision);
        }

        Row inCluster(KnownCluster other) {
            return new Row(given, pod, entry, namespace, other, conflict, decision);
        }

        Row denying() {
            return new Row(given, pod, entry, namespace, cluster, Conflict.DENY, decision);
        }

        Decision decide() {
            return KnownCluster.policy(conflict).decide(pod, entry, namespace, cluster);
        }

        String markdown() {
            Decision now = decide();
            Refusal refusal = now.refusal();
            String answer = refusal != null
                    ? "refused " + refusal.code() + ": " + refusal.message()
                    : String.join("; ", now.warnings());
            return "| " + given + " | `" + now.name() + "` | " + changes(now) + " | " + answer + " |";
        }

        private static String changes(Decision decision) {
            return decision.patch().stream()
                    .map(operation -> change(operation.path()))
                    .collect(Collectors.joining(", "));
        }

        private static String change(String path) {
            if (path.startsWith("/metadata")) {
                return "annotation";
            }
            if (path.startsWith("/spec/readinessGates")) {
                return "gate";
            }
            String container = path.replaceFirst("/spec/(\\w+/\\d+)/.*", "$1");
            return (path.endsWith("/resources") ? "limit, request" : path.contains("/limits") ? "limit" : "request")
                    + " of " + container;
        }

        @Override
        public String toString() {
            return given;
        }
    }

    static final List<Row> ROWS = List.of(
            new Row("no label", pod().label(null), "NotOptedIn"),
            new Row("no label, Namespace policy `always`", pod().label(null), "Inject")
                    .in("edge")
                    .by(Entry.NAMESPACE),
            new Row("no metadata at all, Namespace policy `always`", pod().withoutMetadata(), "Inject")
                    .in("edge")
                    .by(Entry.NAMESPACE),
            new Row("label `false`", pod().label("false"), "OptedOut"),
            new Row("label `false`, Namespace policy `always`", pod().label("false"), "OptedOut")
                    .in("edge")
                    .by(Entry.NAMESPACE),
            new Row("label `yes`", pod().label("yes"), "InvalidLabel"),
            new Row("label `true`", pod(), "Inject"),
            new Row(
                    "annotations and resources there already",
                    pod().annotated().container("app", Map.of("cpu", "2"), Map.of("cpu", "1")),
                    "Inject"),
            new Row("a container without `resources`", pod().containerWithoutResources("app"), "Inject"),
            new Row(
                    "everything there already",
                    pod().defaultNetwork("default/default")
                            .gates("pod-offload.io/bound")
                            .container("app", ONE, ONE),
                    "Complete"),
            new Row("other readiness gates there", pod().gates("example.com/warm"), "Inject"),
            new Row("Namespace policy `never`", pod(), "NamespaceNever").in("quiet"),
            new Row("Namespace policy misspelt", pod(), "Inject").in("typo"),
            new Row("the Namespace is not known after 500 ms", pod(), "UnknownNamespace").in("new"),
            new Row("mirror of a static pod", pod().mirror(), "MirrorPod"),
            new Row("on the host's network", pod().hostNetwork(), "HostNetwork"),
            new Row("profile named by the pod", pod().profile("bluefield"), "Inject"),
            new Row("profile named by the Namespace", pod(), "Inject").in("blue"),
            new Row("profile of the pod beats that of the Namespace", pod().profile("default"), "Inject").in("blue"),
            new Row("unknown profile", pod().profile("gold"), "UnknownProfile"),
            new Row("the same default network by hand", pod().defaultNetwork("default/default@eth0"), "Inject"),
            new Row("another default network", pod().defaultNetwork("shop/own"), "OtherNetwork"),
            new Row("another default network, `conflict: deny`", pod().defaultNetwork("shop/own"), "OtherNetworkDenied")
                    .denying(),
            new Row(
                    "asks for another profile's resource",
                    pod().container("app", Map.of(OTHER_RESOURCE, "1"), Map.of(OTHER_RESOURCE, "1")),
                    "OtherResource"),
            new Row(
                            "asks for another profile's resource, `conflict: deny`",
                            pod().container("app", Map.of(OTHER_RESOURCE, "1"), Map.of(OTHER_RESOURCE, "1")),
                            "OtherResourceDenied")
                    .denying(),
            new Row(
                    "asks for another profile's resource for a secondary network",
                    pod().networks("blue").container("app", Map.of(OTHER_RESOURCE, "1"), Map.of(OTHER_RESOURCE, "1")),
                    "Inject"),
            new Row("a secondary network with the same resource", pod().networks("fast"), "Inject"),
            new Row("a secondary network with no resource", pod().networks("slow,kube-system/bluefield"), "Inject"),
            new Row("an unknown secondary network", pod().networks("shop/nowhere"), "Inject"),
            new Row("secondary networks that cannot be read", pod().networks("a/b/c"), "Inject"),
            new Row(
                    "the request is on the second container",
                    pod().container("app", null, null).container("vpn", ONE, ONE),
                    "Inject"),
            new Row(
                    "the request is on a sidecar",
                    pod().container("app", null, null).sidecar("vpn", ONE, ONE),
                    "Inject"),
            new Row("a limit without its request", pod().container("app", TWO, null), "Inject"),
            new Row("a request without its limit", pod().container("app", Map.of("cpu", "1"), ONE), "Inject"),
            new Row(
                    "asks for fewer VFs than its networks need",
                    pod().networks("fast").container("app", ONE, ONE),
                    "Inject"),
            new Row(
                    "names the container for the request",
                    pod().requestGoesTo("vpn").container("app", null, null).container("vpn", null, null),
                    "Inject"),
            new Row("names a container that is not there", pod().requestGoesTo("db"), "UnknownContainer"),
            new Row("the profile's network is not there", pod(), "Inject")
                    .inCluster(KnownCluster.usual().withNetwork("default", "default", null)),
            new Row("the profile's network lacks the resource", pod(), "Inject")
                    .inCluster(KnownCluster.usual().withNetwork("default", "default", new NetworkFacts(null))),
            new Row("no node-binder reports from a node with the resource", pod(), "Inject")
                    .inCluster(KnownCluster.usual().withoutBinders()),
            new Row(
                    "no container",
                    pod().bare(),
                    Entry.LABEL,
                    "shop",
                    KnownCluster.usual(),
                    Conflict.WARN,
                    "NoContainer"));

    @ParameterizedTest
    @FieldSource("ROWS")
    void decides(Row row) {
        Decision decision = row.decide();

        assertThat(decision.name()).isEqualTo(row.decision());
        assertThat(decision.warnings())
                .allSatisfy(warning -> assertThat(warning)
                        .startsWith("pod-offload: ")
                        .hasSizeLessThanOrEqualTo(120)
                        .doesNotEndWith("…"));
        assertThat(decision.refusal() == null || decision.patch().isEmpty()).isTrue();
    }

    @Test
    void everyDecisionAboutAPodHasARow() {
        Set<String> shown = ROWS.stream()
                .map(row -> row.decide().getClass().getSimpleName())
                .collect(Collectors.toCollection(TreeSet::new));
        shown.add(Decision.NotAPodCreation.class.getSimpleName());

        assertThat(shown)
                .isEqualTo(records(Decision.class).map(Class::getSimpleName).collect(Collectors.toSet()));
    }

    @Test
    void everyNoticeHasARow() {
        assertThat(ROWS.stream()
                        .flatMap(row -> row.decide().notices().stream())
                        .map(Notice::name)
                        .collect(Collectors.toSet()))
                .isEqualTo(records(Notice.class).map(Class::getSimpleName).collect(Collectors.toSet()));
    }

    private static Stream<Class<?>> records(Class<?> type) {
        return type.isRecord()
                ? Stream.of(type)
                : Arrays.stream(type.getPermittedSubclasses()).flatMap(DecisionTableTest::records);
    }

    @Test
    void theDocumentShowsThisTable() throws Exception {
        String document = Files.readString(Path.of("../docs/webhook.md"));

        assertThat(document).contains(ROWS.stream().map(Row::markdown).collect(Collectors.joining("\n")));
    }
}
