package io.podoffload.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ChartTest {

    private static final Path PROJECT = Path.of("../..").toAbsolutePath().normalize();
    private static final String CA = "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----";
    private static final String KUBE_OVN = "kubeOvn: {create: true, subnet: {cidr: 10.66.0.0/16}}";

    private static final String PREPARATION =
            "nodePreparation: {enabled: true, pfs: [{vendor: 15b3, device: 101d, nodes: {a/b: c}, vfs: 8, eswitch: switchdev,"
                    + " hwTcOffload: true, networkManager: unmanaged}]}";

    private static RenderedChart render(String values) {
        return RenderedChart.of(PROJECT, values);
    }

    @Test
    void helmFindsNothingToSayAboutIt() {
        LintResult result =
                new Helm(RenderedChart.folder(PROJECT)).lint().strict().call();

        assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
    }

    /** Each on its own and, as far as they do not exclude one another, all together. */
    static List<String> manyValues() {
        List<String> one = List.of(
                "",
                "image: {digest: 'sha256:" + "0".repeat(64) + "', pullSecrets: [{name: registry}]}",
                "certificates: {mode: cert-manager}",
                "certificates: {mode: cert-manager, certManager: {issuerName: corporate, issuerKind: ClusterIssuer}}",
                "certificates: {mode: provided, provided: {secretName: mine, caBundle: \"" + CA + "\"}}",
                "conflict: deny",
                "profiles: {default: {network: a/b, resource: c.d/e}, fast: {network: f/g, resource: h.i/j, readinessGate: false}}",
                "webhook: {replicas: 1, failurePolicy: Ignore, matchConditions: [], excludedNamespaces: [x]}",
                "webhook: {podDisruptionBudget: {enabled: false}, networkPolicy: {enabled: false}}",
                "webhook: {nodeSelector: {a: b}, tolerations: [{key: a, operator: Exists}], podAnnotations: {c: d}, affinity: {nodeAffinity: {}}, settings: {logging.level.io.podoffload: debug}}",
                "nodeBinder: {criSocket: /run/crio/crio.sock, port: 9999, settings: {logging.level.io.podoffload: debug}, podAnnotations: {c: d}, affinity: {nodeAffinity: {}}}",
                "nodeBinder: {tolerations: [], nodeSelector: {}, maxUnavailable: 25%}",
                KUBE_OVN,
                "kubeOvn: {create: true, subnet: {cidr: '10.66.0.0/16,fd00:66::/112', gateway: '10.66.0.1,fd00:66::1', excludeIps: [10.66.0.2..10.66.0.9]}}",
                "devicePlugin: {configMap: true, daemonSet: true}",
                "serviceMonitor: {enabled: true, labels: {release: prometheus}}",
                PREPARATION,
                "alerts: {enabled: true, labels: {release: prometheus}}\ndashboard: {enabled: true}\ndoctor: {enabled: true}",
                "uninstall: {enabled: false}");
        String together = String.join(
                "\n",
                one.get(1),
                one.get(2),
                one.get(5),
                one.get(6),
                one.get(9),
                one.get(10),
                one.get(13),
                one.get(14),
                one.get(15),
                one.get(16),
                one.get(17));
        return Stream.concat(one.stream(), Stream.of(together)).toList();
    }

    @ParameterizedTest
    @MethodSource("manyValues")
    void everythingRenderedIsKnownToKubernetes(String values) {
        for (String kubernetes : List.of("1.34.0", "1.37.0")) {
            for (HasMetadata object :
                    RenderedChart.of(PROJECT, values, kubernetes).all()) {
                if (!(object instanceof GenericKubernetesResource)) {
                    assertThat(UnknownFields.of(object)).as("%s", object).isEmpty();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("manyValues")
    void everythingNamesThingsThatAreThere(String values) {
        RenderedChart chart = render(values);

        Set<String> accounts = chart.all(ServiceAccount.class).stream()
                .map(one -> one.getMetadata().getName())
                .collect(Collectors.toSet());
        Stream.of(
                        chart.all(Deployment.class).stream()
                                .map(one -> one.getSpec().getTemplate()),
                        chart.all(DaemonSet.class).stream()
                                .map(one -> one.getSpec().getTemplate()),
                        chart.all(Job.class).stream().map(one -> one.getSpec().getTemplate()))
                .flatMap(templates -> templates)
                .forEach(template -> {
                    assertThat(accounts).contains(template.getSpec().getServiceAccountName());
                    Container container = template.getSpec().getContainers().get(0);
                    Set<String> volumes = template.getSpec().getVolumes().stream()
                            .map(volume -> volume.getName())
                            .collect(Collectors.toSet());
                    assertThat(container.getVolumeMounts())
                            .extracting(mount -> mount.getName())
                            .containsExactlyInAnyOrderElementsOf(volumes);
                    template.getSpec()
                            .getInitContainers()
                            .forEach(init -> assertThat(init.getVolumeMounts())
                                    .extracting(mount -> mount.getName())
                                    .isSubsetOf(volumes));
                });
        for (Service service : chart.all(Service.class)) {
            String component = service.getSpec().getSelector().get("app.kubernetes.io/component");
            assertThat(component).isIn("webhook", "node-binder");
        }
    }

    @Test
    void withoutValuesNothingOfKubeOvnsIsMade() {
        assertThat(render("").objects())
                .extracting(HasMetadata::getKind)
                .doesNotContain("NetworkAttachmentDefinition", "Subnet", "ServiceMonitor", "Certificate")
                .contains("Deployment", "DaemonSet", "MutatingWebhookConfiguration");
    }

    /** Kube-OVN makes it true in a Subnet that says nothing, and then no flow of its pods is offloaded. */
    @Test
    void noSubnetHasALoadBalancerOfKubeOvn() {
        RenderedChart chart = render("profiles: {slow: {network: a/b, resource: c.d/e}}\n"
                + KUBE_OVN.replace("}}", "}, subnets: {slow: {cidr: 10.67.0.0/16}}}"));

        for (String name : List.of("pod-offload-default", "pod-offload-slow")) {
            assertThat(custom(chart, "Subnet", name).<Object>get("spec", "enableLb"))
                    .isEqualTo(false);
        }
    }

    /** The hook removes the Job as soon as it has succeeded, and its log with it. */
    @Test
    void helmPrintsWhatTheUninstallHookLists() {
        Job hook = render("").hooks("pre-delete").stream()
                .filter(Job.class::isInstance)
                .map(Job.class::cast)
                .findFirst()
                .orElseThrow();

        assertThat(hook.getMetadata().getAnnotations())
                .containsEntry("helm.sh/hook-output-log-policy", "hook-succeeded,hook-failed");
    }

    @Test
    void networkProviderResourceAndSubnetAgree() {
        RenderedChart chart = render(KUBE_OVN);

        GenericKubernetesResource network = custom(chart, "NetworkAttachmentDefinition", "default");
        assertThat(network.getMetadata().getNamespace()).isEqualTo("default");
        assertThat(network.getMetadata().getAnnotations())
                .containsEntry("k8s.v1.cni.cncf.io/resourceName", "mellanox.com/cx5_sriov_switchdev");
        assertThat((String) network.get("spec", "config")).contains("\"provider\":\"default.default.ovn\"");
        GenericKubernetesResource subnet = custom(chart, "Subnet", "pod-offload-default");
        assertThat((String) subnet.get("spec", "provider")).isEqualTo("default.default.ovn");
        assertThat((String) subnet.get("spec", "protocol")).isEqualTo("IPv4");
        assertThat((String) subnet.get("spec", "cidrBlock")).isEqualTo("10.66.0.0/16");
    }

    private static GenericKubernetesResource custom(RenderedChart chart, String kind, String name) {
        return chart.all(GenericKubernetesResource.class).stream()
                .filter(one -> one.getKind().equals(kind)
                        && one.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theWebhookMayDoNothingOnItsNode() {
        var pod = render("")
                .one(Deployment.class, "pod-offload-webhook")
                .getSpec()
                .getTemplate()
                .getSpec();
        var container = pod.getContainers().get(0).getSecurityContext();

        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(container.getReadOnlyRootFilesystem()).isTrue();
        assertThat(container.getAllowPrivilegeEscalation()).isFalse();
        assertThat(container.getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(pod.getTopologySpreadConstraints()).isNotEmpty();
    }

    @Test
    void theBinderHasFourCapabilitiesAndTheFoldersItNeeds() {
        var pod = render("")
                .one(DaemonSet.class, "pod-offload-node-binder")
                .getSpec()
                .getTemplate()
                .getSpec();
        Container container = pod.getContainers().get(0);

        assertThat(container.getSecurityContext().getCapabilities().getAdd())
                .containsExactlyInAnyOrder("NET_ADMIN", "NET_RAW", "SYS_ADMIN", "DAC_OVERRIDE");
        assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(container.getSecurityContext().getPrivileged()).isNull();
        assertThat(container.getVolumeMounts())
                .filteredOn(mount -> mount.getName().equals("netns"))
                .singleElement()
                .satisfies(mount -> assertThat(mount.getMountPropagation()).isEqualTo("HostToContainer"));
    }

    @Test
    void preparationIsOffUnlessAskedFor() {
        RenderedChart chart = render("");

        assertThat(chart.one(DaemonSet.class, "pod-offload-node-binder")
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getInitContainers())
                .isEmpty();
        assertThat(chart.one(ClusterRole.class, "pod-offload-node-binder").getRules())
                .noneMatch(rule -> rule.getResources().contains("nodes/status"));
    }

    @Test
    void preparationMayWriteToSysAndNothingElse() {
        RenderedChart chart = render(PREPARATION);
        var pod = chart.one(DaemonSet.class, "pod-offload-node-binder")
                .getSpec()
                .getTemplate()
                .getSpec();
        Container prepare = pod.getInitContainers().get(0);

        assertThat(prepare.getCommand()).containsExactly("pod-offload", "prepare", "--best-effort");
        assertThat(prepare.getSecurityContext().getCapabilities().getAdd())
                .containsExactlyInAnyOrder("NET_ADMIN", "DAC_OVERRIDE");
        assertThat(prepare.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
        assertThat(prepare.getVolumeMounts())
                .filteredOn(mount -> !Boolean.TRUE.equals(mount.getReadOnly()))
                .extracting(mount -> mount.getName())
                .containsExactlyInAnyOrder("tmp", "openvswitch", "pod-resources", "udev-rules", "sys");
        assertThat(pod.getContainers().get(0).getVolumeMounts())
                .filteredOn(mount -> mount.getName().equals("sys"))
                .allSatisfy(mount -> assertThat(mount.getReadOnly()).isTrue());
    }

    @Test
    void theSettingsOfPreparationAreThoseThatTheBinderReads() {
        ConfigMap settings = render(PREPARATION).one(ConfigMap.class, "pod-offload-preparation");

        assertThat(PreparationSettings.read(settings.getData().getOrDefault("preparation.yaml", "")))
                .singleElement()
                .satisfies(pf -> {
                    assertThat(pf.vendor()).isEqualTo("15b3");
                    assertThat(pf.nodes()).isEqualTo(Map.of("a/b", "c"));
                    assertThat(pf.vfs()).isEqualTo(8);
                    assertThat(pf.eswitch()).isEqualTo("switchdev");
                    assertThat(pf.hwTcOffload()).isTrue();
                    assertThat(pf.networkManager()).isEqualTo("unmanaged");
                });
    }

    @Test
    void oneReplicaDoesNotHoldUpADrain() {
        var one = render("webhook: {replicas: 1}").one(PodDisruptionBudget.class, "pod-offload-webhook");
        var two = render("").one(PodDisruptionBudget.class, "pod-offload-webhook");

        assertThat(one.getSpec().getMinAvailable()).isNull();
        assertThat(two.getSpec().getMinAvailable().getIntVal()).isEqualTo(1);
    }

    @Test
    void theNetworkPolicyLetsReviewsIn() {
        NetworkPolicy policy = render("").one(NetworkPolicy.class, "pod-offload-webhook");

        assertThat(policy.getSpec().getIngress().get(0).getPorts())
                .extracting(port -> port.getPort().getStrVal())
                .containsExactlyInAnyOrder("https", "management");
    }

    @Test
    void rolesHaveNoWildcardsAndOnlyTheSelfModeTouchesSecrets() {
        for (String values : manyValues()) {
            RenderedChart chart = render(values);
            List<PolicyRule> rules = Stream.concat(
                            chart.all(ClusterRole.class).stream().map(ClusterRole::getRules),
                            chart.all(Role.class).stream().map(Role::getRules))
                    .flatMap(List::stream)
                    .toList();
            assertThat(rules).allSatisfy(rule -> {
                assertThat(rule.getVerbs()).doesNotContain("*");
                assertThat(rule.getResources()).doesNotContain("*");
                assertThat(rule.getApiGroups()).doesNotContain("*");
            });
        }
        assertThat(render("certificates: {mode: cert-manager}")
                        .one(Role.class, "pod-offload-webhook")
                        .getRules())
                .allSatisfy(rule -> assertThat(rule.getResources()).doesNotContain("secrets", "leases"));
    }

    @Test
    void aProvidedAuthorityIsInTheConfiguration() {
        MutatingWebhookConfiguration configuration = render(
                        "certificates: {mode: provided, provided: {secretName: mine, caBundle: \"" + CA + "\"}}")
                .one(MutatingWebhookConfiguration.class, "pod-offload");

        assertThat(configuration.getWebhooks())
                .allSatisfy(entry ->
                        assertThat(entry.getClientConfig().getCaBundle()).isNotBlank());
    }

    @Test
    void eachEntryHasItsMatchConditions() {
        assertThat(render("")
                        .one(MutatingWebhookConfiguration.class, "pod-offload")
                        .getWebhooks())
                .hasSize(2)
                .allSatisfy(entry -> assertThat(entry.getMatchConditions()).hasSize(1));
    }

    @Test
    void thePolicyFileIsWhatTheWebhookReads() {
        ConfigMap policy = render(
                        "conflict: deny\nprofiles: {fast: {network: f/g, resource: h.i/j, readinessGate: false}}")
                .one(ConfigMap.class, "pod-offload-policy");

        assertThat(policy.getData().get("policy.yaml"))
                .contains("conflict: deny", "network: default/default", "network: f/g", "readinessGate: false");
    }

    @Test
    void theUninstallHookComesBeforeAnythingElseGoes() {
        List<HasMetadata> hooks = render("").hooks("pre-delete");

        assertThat(hooks).extracting(HasMetadata::getKind).contains("Job", "ServiceAccount", "Role", "ClusterRole");
        assertThat(render("uninstall: {enabled: false}").hooks("pre-delete")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unknown: 1",
                "webhook: {replica: 2}",
                "webhook: {replicas: '2'}",
                "webhook: {replicas: 0}",
                "webhook: {failurePolicy: fail}",
                "webhook: {timeoutSeconds: 31}",
                "webhook: {matchConditions: [{name: x}]}",
                "webhook: {settings: {pod-offload.certificates.secret: mine}}",
                "webhook: {settings: {pod-offload.drain: 20m}}",
                "nodeBinder: {port: 70000}",
                "nodeBinder: {criSocket: containerd.sock}",
                "nodeBinder: {resync: 5}",
                "profiles: {default: {network: default, resource: a.b/c}}",
                "profiles: {fast: {network: a/b}}",
                "profiles: {Default: {network: a/b, resource: c.d/e}}",
                "certificates: {mode: magic}",
                "certificates: {self: {life: forever}}",
                "certificates: {provided: {caBundle: not-pem}}",
                "image: {digest: sha1:0}",
                "kubeOvn: {subnet: {cidr: everything}}",
                "kubeOvn: {subnet: {cidr: 10.0.0.0/8, unknown: 1}}",
                "conflict: allow",
                "serviceMonitor: true",
                "alerts: true",
                "doctor: {enabled: maybe}",
                "nodePreparation: {pfs: [{vfs: 8}]}",
                "nodePreparation: {pfs: [{netdev: eth0, eswitch: on}]}",
                "nodePreparation: {pfs: [{pci: '03:00.0', vfs: 8}]}",
            })
    void valuesThatAreUnknownOrOfTheWrongKindAreRefused(String values) {
        assertThatThrownBy(() -> render(values)).hasMessageContaining("don't meet the specifications of the schema");
    }

    @Test
    void valuesThatDoNotFitTogetherAreRefusedWithTheCure() {
        assertThatThrownBy(() -> render("profiles: {default: null}"))
                .hasMessageContaining("profiles.default is missing");
        assertThatThrownBy(() -> render("certificates: {mode: provided}"))
                .hasMessageContaining("set certificates.provided.secretName");
        assertThatThrownBy(() -> render("kubeOvn: {create: true}")).hasMessageContaining("set kubeOvn.subnet.cidr");
        assertThatThrownBy(() -> render(KUBE_OVN.replace("}}", "}, subnets: {slow: {cidr: 10.0.0.0/8}}}")))
                .hasMessageContaining("kubeOvn.subnets.slow is for no profile");
    }

    @Test
    void theDevicePluginOffersTheResourceOfTheDefaultProfile() {
        ConfigMap configuration = render("devicePlugin: {configMap: true}").one(ConfigMap.class, "sriovdp-config");

        assertThat(configuration.getMetadata().getNamespace()).isEqualTo("kube-system");
        assertThat(configuration.getData().get("config.json"))
                .contains(
                        "\"resourcePrefix\": \"mellanox.com\"",
                        "\"resourceName\": \"cx5_sriov_switchdev\"",
                        "\"1018\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pod-offload-webhook", "pod-offload-node-binder"})
    void aMinuteOfStarvationKillsNoReplicaAndAHangingOneIsRestarted(String workload) {
        Container container = container(render(""), workload);

        for (Probe probe : List.of(container.getLivenessProbe(), container.getStartupProbe())) {
            assertThat(probe.getHttpGet().getPath()).isEqualTo("/actuator/health/liveness");
            assertThat(failuresWithin(Duration.ofSeconds(60), probe)).isLessThan(probe.getFailureThreshold());
            assertThat(slowest(probe)).isLessThanOrEqualTo(Duration.ofMinutes(30));
        }
        assertThat(slowest(container.getLivenessProbe())).isBetween(Duration.ofSeconds(90), Duration.ofMinutes(3));
        assertThat(slowest(container.getReadinessProbe())).isLessThanOrEqualTo(Duration.ofSeconds(10));
        assertThat(container.getReadinessProbe().getPeriodSeconds()).isLessThanOrEqualTo(3);
    }

    /** Of a process that answers nothing for so long: one probe may have begun just before. */
    private static long failuresWithin(Duration silence, Probe probe) {
        return silence.toSeconds() / probe.getPeriodSeconds() + 1;
    }

    /** From the last answer of a process that hangs to the end of the kubelet's patience. */
    private static Duration slowest(Probe probe) {
        int each = Math.max(probe.getPeriodSeconds(), probe.getTimeoutSeconds());
        return Duration.ofSeconds((long) each * probe.getFailureThreshold() + probe.getPeriodSeconds());
    }

    private static Container container(RenderedChart chart, String workload) {
        return podOf(chart, workload).getContainers().get(0);
    }

    private static PodSpec podOf(RenderedChart chart, String workload) {
        return chart.all().stream()
                .filter(object -> object.getMetadata().getName().equals(workload))
                .flatMap(object -> object instanceof Deployment deployment
                        ? Stream.of(deployment.getSpec().getTemplate().getSpec())
                        : object instanceof DaemonSet daemons
                                ? Stream.of(daemons.getSpec().getTemplate().getSpec())
                                : Stream.empty())
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"1ms, 51", "1500ms, 52", "10s, 60", "3m, 230", "2h, 7250", "1d, 86450"})
    void theGracePeriodIsLongerThanTheDrainAndTheLastRequests(String drain, long seconds) {
        RenderedChart chart = render("webhook: {drain: " + drain + "}");

        assertThat(podOf(chart, "pod-offload-webhook").getTerminationGracePeriodSeconds())
                .isEqualTo(seconds);
        assertThat(container(chart, "pod-offload-webhook").getArgs()).contains("--pod-offload.drain=" + drain);
    }

    @Test
    void theDashboardIsWhatGrafanaReads() {
        ConfigMap dashboard = render("dashboard: {enabled: true}").one(ConfigMap.class, "pod-offload-dashboard");
        JsonNode json = JsonMapper.shared().readTree(dashboard.getData().getOrDefault("pod-offload.json", ""));

        assertThat(dashboard.getMetadata().getLabels()).containsEntry("grafana_dashboard", "1");
        assertThat(json.path("panels")
                        .valueStream()
                        .map(panel -> panel.path("title").asString()))
                .contains("Packets in the NIC", "VFs by verdict")
                .doesNotHaveDuplicates();
        assertThat(json.path("panels")
                        .valueStream()
                        .map(panel -> panel.path("id").asInt()))
                .doesNotHaveDuplicates();
    }

    @Test
    void theDoctorMayOnlyLook() {
        RenderedChart chart = render("doctor: {enabled: true}");

        assertThat(Stream.concat(
                        chart.one(ClusterRole.class, "pod-offload-doctor").getRules().stream(),
                        chart.one(Role.class, "pod-offload-doctor").getRules().stream()))
                .allSatisfy(rule -> assertThat(rule.getVerbs()).isSubsetOf("get", "list"));
        assertThat(render("").all(Job.class))
                .as("off unless asked for")
                .noneMatch(job -> job.getMetadata().getName().startsWith("pod-offload-doctor"));
    }

    @Test
    void labelsOfSelectorsAreNotThoseThatVersionsChange() {
        Map<String, String> selector = render("")
                .one(Deployment.class, "pod-offload-webhook")
                .getSpec()
                .getSelector()
                .getMatchLabels();

        assertThat(selector).containsOnlyKeys("app.kubernetes.io/name", "app.kubernetes.io/component");
    }
}
