package io.podoffload.webhook.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.injection.NamespaceFacts;
import io.podoffload.webhook.injection.NetworkFacts;
import io.podoffload.webhook.injection.NetworkRef;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true, https = false)
@SuppressWarnings("NullAway.Init") // set before each test
class WatchedClusterTest {

    private static final WebhookProperties SETTINGS = new WebhookProperties(
            new WebhookProperties.Tls(Path.of("crt"), Path.of("key"), null, List.of()),
            null,
            "pod-offload",
            Duration.ZERO,
            false);
    private static final NetworkRef NETWORK = new NetworkRef("default", "default");

    KubernetesClient client;
    private @Nullable WatchedCluster cluster;

    @AfterEach
    void stop() {
        if (cluster != null) {
            WatchedCluster started = cluster;
            // a watch that is stopped while it opens stays open, and holds up the end of the server for 10 s
            Awaitility.await()
                    .until(() -> started.isWatching() || !started.waitingFor().isEmpty());
            cluster.stop();
        }
    }

    private WatchedCluster started() throws Exception {
        WatchedCluster started = new WatchedCluster(client, SETTINGS, new BinderReports());
        cluster = started;
        assertThat(started.waitingFor())
                .hasValueSatisfying(what -> assertThat(what).contains("Namespaces"));
        started.start();
        started.known().get(30, TimeUnit.SECONDS);
        assertThat(started.waitingFor()).isEmpty();
        return started;
    }

    private void createNamespace(String name, Map<String, String> labels, Map<String, String> annotations) {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withLabels(labels)
                        .withAnnotations(annotations)
                        .endMetadata()
                        .build())
                .create();
    }

    private static CustomResourceDefinition crd() {
        return new CustomResourceDefinitionBuilder()
                .withNewMetadata()
                .withName("network-attachment-definitions.k8s.cni.cncf.io")
                .endMetadata()
                .withNewSpec()
                .withGroup("k8s.cni.cncf.io")
                .withScope("Namespaced")
                .withNewNames()
                .withKind("NetworkAttachmentDefinition")
                .withPlural("network-attachment-definitions")
                .endNames()
                .addNewVersion()
                .withName("v1")
                .endVersion()
                .endSpec()
                .build();
    }

    private void createNetwork(String resource) {
        client.genericKubernetesResources(CustomResourceDefinitionContext.fromCrd(crd()))
                .inNamespace("default")
                .resource(new GenericKubernetesResourceBuilder()
                        .withApiVersion("k8s.cni.cncf.io/v1")
                        .withKind("NetworkAttachmentDefinition")
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName("default")
                        .withAnnotations(Map.of("k8s.v1.cni.cncf.io/resourceName", resource))
                        .endMetadata()
                        .build())
                .create();
    }

    @Test
    void aNamespaceIsWhatItsLabelsAndAnnotationsSay() throws Exception {
        createNamespace(
                "edge", Map.of("pod-offload.io/policy", "always"), Map.of("pod-offload.io/profile", "bluefield"));
        createNamespace("plain", Map.of(), Map.of());

        WatchedCluster now = started();

        assertThat(now.namespace("edge")).isEqualTo(new NamespaceFacts("always", "bluefield"));
        assertThat(now.namespace("plain")).isEqualTo(NamespaceFacts.PLAIN);
        assertThat(now.namespace("none")).isNull();
        client.namespaces().withName("plain").delete();
        Awaitility.await().until(() -> now.namespace("plain") == null);
    }

    @Test
    void aNamespaceThatIsOnItsWayIsWaitedFor() throws Exception {
        WatchedCluster now = started();

        CompletableFuture<?> coming = now.awaitNamespace("soon");
        createNamespace("soon", Map.of(), Map.of());

        coming.get(30, TimeUnit.SECONDS);
        Awaitility.await().until(() -> now.namespace("soon") != null);
        assertThat(now.awaitNamespace("soon")).isDone();
    }

    @Test
    void aNamespaceThatNeverComesIsNotWaitedForLong() throws Exception {
        WatchedCluster now = started();

        now.awaitNamespace("never").get(30, TimeUnit.SECONDS);

        assertThat(now.namespace("never")).isNull();
    }

    @Test
    void networksThatAreThereAtTheStartAreKnownBeforeItIsReady() throws Exception {
        createNetwork("example.com/vf");
        client.resource(crd()).create();

        assertThat(started().network(NETWORK)).isEqualTo(new NetworkFacts("example.com/vf"));
    }

    @Test
    void networksComeAndGoWithTheirDefinition() throws Exception {
        WatchedCluster now = started();
        assertThat(now.network(NETWORK)).isNull();
        createNetwork("example.com/vf");

        client.resource(crd()).create();
        Awaitility.await().until(() -> now.network(NETWORK) != null);

        client.resource(crd()).delete();
        Awaitility.await().until(() -> now.network(NETWORK) == null);
        assertThat(now.waitingFor()).isEmpty();
    }

    @Test
    void aResourceIsServedWhileANodeBinderReportsIt() throws Exception {
        WatchedCluster now = started();
        assertThat(now.binderReports("example.com/vf")).isFalse();

        var report = client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace("pod-offload")
                        .withName("pod-offload-node-n1")
                        .withLabels(Map.of("pod-offload.io/report", "node"))
                        .endMetadata()
                        .withData(Map.of("resources", "other.com/x 2\nexample.com/vf 4\n"))
                        .build())
                .create();
        Awaitility.await().until(() -> now.binderReports("example.com/vf"));
        assertThat(now.binderReports("example.com")).isFalse();

        client.resource(report).delete();
        Awaitility.await().until(() -> !now.binderReports("example.com/vf"));
    }

    @Test
    void anApiServerThatIsDownIsAskedAgain() throws Exception {
        try (KubernetesClient nowhere = new io.fabric8.kubernetes.client.KubernetesClientBuilder()
                .withConfig(new io.fabric8.kubernetes.client.ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:1")
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build()) {
            WatchedCluster down = new WatchedCluster(nowhere, SETTINGS, new BinderReports());
            cluster = down;
            down.start();

            assertThat(down.known().completeOnTimeout(null, 1, TimeUnit.SECONDS).isCompletedExceptionally())
                    .isFalse();
            assertThat(down.waitingFor()).isNotEqualTo(Optional.empty());
        }
    }
}
