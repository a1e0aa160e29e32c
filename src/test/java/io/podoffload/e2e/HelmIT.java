package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import com.marcnuri.helm.Release;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.podoffload.chart.RenderedChart;
import io.podoffload.sim.ApiServer;
import io.podoffload.sim.Jobs;
import io.podoffload.sim.KubeApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Helm's own engine installs, upgrades and uninstalls the chart, in a cluster with Kube-OVN and Multus: a simulated one, or,
 * where {@code KUBEBUILDER_ASSETS} names its binaries, a real API server.
 */
@SuppressWarnings("NullAway.Init") // set before each test
class HelmIT {

    private static final Path PROJECT =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
    private static final Path CHART = RenderedChart.folder(PROJECT);
    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    @TempDir
    Path folder;

    private AutoCloseable server;
    private KubernetesClient client;
    private String kubeConfig;
    private Function<PodSpec, Map<String, String>> programsEnvironment;

    /** A real API server where there is one. */
    @BeforeEach
    void makeCluster() throws IOException {
        String assets = System.getenv("KUBEBUILDER_ASSETS");
        if (assets == null) {
            ApiServer simulated = new ApiServer();
            server = simulated;
            client = simulated.client();
            kubeConfig = simulated.kubeConfig();
            programsEnvironment =
                    pod -> simulated.asServiceAccount(RenderedChart.NAMESPACE, pod.getServiceAccountName());
        } else {
            KubeApiServer real = new KubeApiServer(Path.of(assets), folder);
            server = real;
            client = real.client();
            kubeConfig = real.kubeConfig();
            String file = folder.resolve("kubeconfig").toString();
            Files.writeString(Path.of(file), kubeConfig);
            programsEnvironment = pod -> Map.of("KUBECONFIG", file);
            define("k8s.cni.cncf.io", "network-attachment-definitions", "NetworkAttachmentDefinition", "Namespaced");
            define("kubeovn.io", "subnets", "Subnet", "Cluster");
        }
        for (String namespace : new String[] {"default", "kube-system", RenderedChart.NAMESPACE}) {
            client.resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(namespace)
                            .endMetadata()
                            .build())
                    .createOr(existing -> existing.update());
        }
    }

    private void define(String group, String plural, String kind, String scope) {
        Resource<CustomResourceDefinition> definition = client.resource(new CustomResourceDefinitionBuilder()
                .withNewMetadata()
                .withName(plural + "." + group)
                .endMetadata()
                .withNewSpec()
                .withGroup(group)
                .withScope(scope)
                .withNewNames()
                .withPlural(plural)
                .withKind(kind)
                .endNames()
                .addNewVersion()
                .withName("v1")
                .withServed(true)
                .withStorage(true)
                .withNewSchema()
                .withNewOpenAPIV3Schema()
                .withType("object")
                .withXKubernetesPreserveUnknownFields(true)
                .endOpenAPIV3Schema()
                .endSchema()
                .endVersion()
                .endSpec()
                .build());
        definition.create();
        definition.waitUntilCondition(
                now -> now != null
                        && now.getStatus() != null
                        && now.getStatus().getConditions().stream()
                                .anyMatch(condition -> condition.getType().equals("Established")
                                        && condition.getStatus().equals("True")),
                30,
                TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    private Release install(Path chart, Map<String, Object> values) {
        InstallCommand install = new Helm(chart)
                .install()
                .withName("pod-offload")
                .withNamespace(RenderedChart.NAMESPACE)
                .withKubeConfigContents(kubeConfig)
                .disableOpenApiValidation();
        values.forEach(install::set);
        return install.call();
    }

    private static Map<String, Object> kubeOvn() {
        Map<String, Object> values = new HashMap<>();
        values.put("kubeOvn.create", true);
        values.put("kubeOvn.subnet.cidr", "10.66.0.0/16");
        return values;
    }

    private Resource<MutatingWebhookConfiguration> configuration() {
        return client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("pod-offload");
    }

    private @Nullable GenericKubernetesResource network() {
        return client.genericKubernetesResources("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition")
                .inNamespace("default")
                .withName("default")
                .get();
    }

    private @Nullable GenericKubernetesResource subnet() {
        return client.genericKubernetesResources("kubeovn.io/v1", "Subnet")
                .withName("pod-offload-default")
                .get();
    }

    @Test
    void withoutValuesItInstallsAndTellsWhatIsMissingAndWhichValueMakesIt() {
        Release release = install(CHART, Map.of());

        assertThat(release.getStatus()).isEqualTo("deployed");
        assertThat(release.getOutput())
                .contains("Resource: no node offers " + RESOURCE)
                .contains(
                        "NetworkAttachmentDefinition: default/default of the profile default is not there. Set kubeOvn.create")
                .contains(
                        "Subnet: none has the provider default.default.ovn of the profile default. Set kubeOvn.create to true and"
                                + " kubeOvn.subnet.cidr");
        assertThat(configuration().get().getWebhooks()).hasSize(2);
        assertThat(network()).as("nothing of Kube-OVN's").isNull();
        assertThat(subnet()).as("nothing of Kube-OVN's").isNull();
    }

    @Test
    void withAnAddressRangeTheLabelWorksFromThereOn() {
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node1")
                        .endMetadata()
                        .withNewStatus()
                        .addToAllocatable(RESOURCE, new Quantity("4"))
                        .endStatus()
                        .build())
                .create();

        Release release = install(CHART, kubeOvn());

        assertThat(release.getOutput()).doesNotContain("missing");
        assertThat(network()).isNotNull();
        assertThat(subnet()).isNotNull();
    }

    @Test
    void aNetworkThatSomebodyElseMadeIsLeftAlone() {
        client.resource(new GenericKubernetesResourceBuilder()
                        .withApiVersion("k8s.cni.cncf.io/v1")
                        .withKind("NetworkAttachmentDefinition")
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName("default")
                        .addToLabels("made-by", "a person")
                        .endMetadata()
                        .build())
                .create();

        install(CHART, kubeOvn());

        assertThat(network())
                .isNotNull()
                .satisfies(
                        network -> assertThat(network.getMetadata().getLabels()).containsOnlyKeys("made-by"));
        assertThat(subnet()).isNotNull();
    }

    @Test
    void anUpgradeFromTheVersionBeforeKeepsTheCaBundleAndTheNetworks() throws Exception {
        install(before(), kubeOvn());
        configuration().edit(configuration -> {
            configuration.getWebhooks().forEach(entry -> entry.getClientConfig().setCaBundle("Q0E="));
            return configuration;
        });

        Release release = new Helm(CHART)
                .upgrade()
                .withName("pod-offload")
                .withNamespace(RenderedChart.NAMESPACE)
                .withKubeConfigContents(kubeConfig)
                .reuseValues()
                .set("nodeBinder.resync", "7m")
                .disableOpenApiValidation()
                .call();

        assertThat(release.getStatus()).isEqualTo("deployed");
        assertThat(release.getRevision()).isEqualTo("2");
        assertThat(configuration().get().getMetadata().getLabels()).containsEntry("helm.sh/chart", "pod-offload-0.1.0");
        assertThat(configuration().get().getWebhooks())
                .allSatisfy(entry ->
                        assertThat(entry.getClientConfig().getCaBundle()).isEqualTo("Q0E="));
        DaemonSet binder = client.apps()
                .daemonSets()
                .inNamespace(RenderedChart.NAMESPACE)
                .withName("pod-offload-node-binder")
                .get();
        assertThat(binder.getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .get(0)
                        .getEnv())
                .filteredOn(variable -> variable.getName().equals("POD_OFFLOAD_RESYNC"))
                .singleElement()
                .satisfies(variable -> assertThat(variable.getValue()).isEqualTo("7m"));
        assertThat(binder.getSpec()
                        .getUpdateStrategy()
                        .getRollingUpdate()
                        .getMaxSurge()
                        .getIntVal())
                .as("never two binders on a node")
                .isZero();
        assertThat(network()).isNotNull();
        assertThat(subnet()).isNotNull();
    }

    /** The chart under the version before this one. */
    private Path before() throws IOException {
        Path copy = folder.resolve("pod-offload");
        try (Stream<Path> files = Files.walk(CHART)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = copy.resolve(CHART.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
        Path chart = copy.resolve("Chart.yaml");
        Files.writeString(chart, Files.readString(chart).replace("version: 0.1.0", "version: 0.0.9"));
        return copy;
    }

    /** Beside {@code InstallationIT}, which has pods that are bound and VFs on their way home. */
    @Test
    void uninstallingRunsTheHookAndLeavesTheNetworksOfRunningPodsAndNothingElse() {
        install(CHART, kubeOvn());
        madeByThePrograms();

        try (Jobs jobs = new Jobs(client, PROJECT, programsEnvironment)) {
            Helm.uninstall("pod-offload")
                    .withNamespace(RenderedChart.NAMESPACE)
                    .withKubeConfigContents(kubeConfig)
                    .call();
            assertThat(jobs.printed("pod-offload-uninstall"))
                    .contains("The webhook configuration is gone")
                    .doesNotContain("still held");
        }

        assertThat(configuration().get()).isNull();
        assertThat(client.apps().deployments().inAnyNamespace().list().getItems())
                .isEmpty();
        assertThat(client.apps().daemonSets().inAnyNamespace().list().getItems())
                .isEmpty();
        assertThat(client.batch().v1().jobs().inAnyNamespace().list().getItems())
                .isEmpty();
        assertThat(client.rbac().clusterRoles().list().getItems())
                .noneMatch(role -> role.getMetadata().getName().startsWith("pod-offload"));
        assertThat(inNamespace(client.rbac().roles())).isEmpty();
        assertThat(inNamespace(client.serviceAccounts())).noneMatch(name -> name.startsWith("pod-offload"));
        assertThat(inNamespace(client.secrets())).isEmpty();
        assertThat(inNamespace(client.leases())).isEmpty();
        assertThat(inNamespace(client.configMaps())).noneMatch(name -> name.startsWith("pod-offload"));
        assertThat(network()).isNotNull();
        assertThat(subnet()).isNotNull();
    }

    /** Helm takes the binders away after the hook, and until then they run. */
    @Test
    void aBinderThatStillRunsMayNotBringItsReportBack() throws Exception {
        install(CHART, Map.of());
        madeByThePrograms();
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        try (Jobs jobs = new Jobs(client, PROJECT, programsEnvironment);
                KubernetesClient binder = new KubernetesClientBuilder()
                        .withConfig(new ConfigBuilder(client.getConfiguration())
                                .withImpersonateUsername(
                                        "system:serviceaccount:" + RenderedChart.NAMESPACE + ":pod-offload-node-binder")
                                .build())
                        .build();
                SharedIndexInformer<ConfigMap> reports = client.configMaps()
                        .inNamespace(RenderedChart.NAMESPACE)
                        .withName("pod-offload-node-node1")
                        .inform(onDelete(report -> answer.complete(codeOfCreating(report, binder))))) {
            assertThat(reports.isRunning()).isTrue();
            Helm.uninstall("pod-offload")
                    .withNamespace(RenderedChart.NAMESPACE)
                    .withKubeConfigContents(kubeConfig)
                    .call();
            assertThat(jobs.printed("pod-offload-uninstall")).isNotNull();
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(403);
        }
        assertThat(inNamespace(client.configMaps())).noneMatch(name -> name.startsWith("pod-offload"));
    }

    private static ResourceEventHandler<ConfigMap> onDelete(Consumer<ConfigMap> handle) {
        return new ResourceEventHandler<>() {
            @Override
            public void onAdd(ConfigMap report) {}

            @Override
            public void onUpdate(ConfigMap before, ConfigMap report) {}

            @Override
            public void onDelete(ConfigMap report, boolean finalStateUnknown) {
                handle.accept(report);
            }
        };
    }

    private static int codeOfCreating(ConfigMap deleted, KubernetesClient client) {
        ConfigMap report = new ConfigMapBuilder()
                .withMetadata(named(deleted.getMetadata().getName()))
                .build();
        try {
            client.resource(report).create();
            return 201;
        } catch (KubernetesClientException e) {
            return e.getCode();
        }
    }

    @Test
    void whatTheBindersSaidOfNodesGoesWithThem() {
        install(CHART, Map.of());
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node1")
                        .endMetadata()
                        .withNewStatus()
                        .addNewCondition()
                        .withType("pod-offload.io/prepared")
                        .withStatus("True")
                        .endCondition()
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build())
                .create();

        try (Jobs jobs = new Jobs(client, PROJECT, programsEnvironment)) {
            Helm.uninstall("pod-offload")
                    .withNamespace(RenderedChart.NAMESPACE)
                    .withKubeConfigContents(kubeConfig)
                    .call();
            assertThat(jobs.printed("pod-offload-uninstall")).isNotNull();
        }

        assertThat(client.nodes().withName("node1").get().getStatus().getConditions())
                .extracting(NodeCondition::getType)
                .containsExactly("Ready");
    }

    private static <T extends HasMetadata> List<String> inNamespace(
            MixedOperation<T, ? extends KubernetesResourceList<T>, ? extends Resource<T>> objects) {
        return objects.inNamespace(RenderedChart.NAMESPACE).list().getItems().stream()
                .map(object -> object.getMetadata().getName())
                .toList();
    }

    /** What is there because webhook and binders ran, and not because Helm made it. */
    private void madeByThePrograms() {
        List.of(
                        new SecretBuilder()
                                .withMetadata(named("pod-offload-webhook-tls"))
                                .build(),
                        new LeaseBuilder()
                                .withMetadata(named("pod-offload-webhook-certificates"))
                                .build(),
                        new ConfigMapBuilder()
                                .withMetadata(named("pod-offload-node-node1"))
                                .editMetadata()
                                .addToLabels("pod-offload.io/report", "node")
                                .endMetadata()
                                .build())
                .forEach(object -> client.resource(object).create());
    }

    private static ObjectMeta named(String name) {
        return new ObjectMetaBuilder()
                .withNamespace(RenderedChart.NAMESPACE)
                .withName(name)
                .build();
    }
}
