package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podoffload.chart.RenderedChart;
import io.podoffload.sim.ApiServer;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Jobs;
import io.podoffload.sim.SimulatedCluster;
import io.podoffload.sim.SimulatedCluster.Printed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

/**
 * Each command of {@code docs/ten-minutes.md}, in its order: what kubectl would ask, on the simulated cluster; helm by its own
 * engine, on an API server of its own, since the simulated cluster is not installed by Helm. A command that is not known here
 * fails the test.
 */
class TenMinutesIT {

    private static final Path PROJECT =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
    private static final Pattern BLOCK = Pattern.compile("```bash\\n(.*?)```", Pattern.DOTALL);
    private static final String BINDER_JAR = "java -jar node-binder/target/node-binder.jar ";
    private static final String IN_BINDER =
            "kubectl -n pod-offload exec daemonset/pod-offload-node-binder -- pod-offload ";

    @RegisterExtension
    static final OneNode NODE =
            new OneNode("ten-minutes", SimulatedCluster.Options.DEFAULT.with(Map.of("pod-offload.proof", "1s")));

    private final SimulatedCluster cluster = NODE.cluster();
    private final List<String> done = new ArrayList<>();
    private String address = "";

    /** With the lines that belong to it: continued ones as one, a here-document as it is. */
    private static List<String> commands() throws IOException {
        List<String> commands = new ArrayList<>();
        Matcher block = BLOCK.matcher(Files.readString(PROJECT.resolve("docs/ten-minutes.md")));
        while (block.find()) {
            String text = block.group(1).replaceAll("\\\\\\n\\s*", "");
            Matcher command = Pattern.compile("[^\\n]+<<EOF\\n.*?\\nEOF\\n|[^\\n]+\\n", Pattern.DOTALL)
                    .matcher(text);
            while (command.find()) {
                commands.add(command.group().strip());
            }
        }
        return commands;
    }

    @Test
    void eachCommandDoesWhatThePageSays() throws IOException {
        cluster.useCni(CniMode.OTHER);
        for (Pod old : cluster.client().pods().inNamespace("default").list().getItems()) {
            cluster.delete(old);
        }
        try (ApiServer server = clusterForHelm()) {
            for (String command : commands()) {
                run(command, server);
                done.add(command);
            }
        }
        assertThat(done).as("the page has lost its commands").hasSizeGreaterThan(12);
    }

    private void run(String command, ApiServer helm) {
        if (command.startsWith(BINDER_JAR + "inventory")) {
            assertThat(binder(command, BINDER_JAR).text()).contains("PF 0000:03:00.0", "enp3s0f0", "0000:03:00.2");
        } else if (command.startsWith(BINDER_JAR + "prepare")) {
            assertThat(binder(command, BINDER_JAR).text()).contains("0000:03:00.0");
        } else if (command.startsWith("helm install")) {
            install(command, helm);
        } else if (command.startsWith("helm uninstall")) {
            uninstall(helm);
        } else if (command.matches(".* rollout status deployment/pod-offload-webhook .*")) {
            assertReady(8080);
        } else if (command.matches(".* rollout status daemonset/pod-offload-node-binder .*")) {
            assertReady(8081);
        } else if (command.equals(IN_BINDER + "doctor")) {
            Printed doctor = binder(command, IN_BINDER);
            assertThat(doctor.exitCode()).as("no hardware here").isEqualTo(1);
            assertThat(doctor.text()).contains("✗ HwOffloadUnset", "✓");
        } else if (command.equals(IN_BINDER + "doctor --cluster")) {
            assertThat(binder(command, IN_BINDER).text()).contains("NoSubnet");
        } else if (command.equals(IN_BINDER + "explain default/web")) {
            assertThat(binder(command, IN_BINDER).text())
                    .contains("✓ admission", "✓ allocation", "✓ OVN", "<- breaks here");
        } else if (command.startsWith("kubectl apply -f - <<EOF")) {
            for (String object : command.substring(command.indexOf('\n') + 1, command.lastIndexOf("\nEOF"))
                    .split("\n---\n")) {
                cluster.create(
                        cluster.client().resource(object).item() instanceof Pod pod
                                ? pod
                                : failed("no pod: " + object));
            }
        } else if (command.startsWith("kubectl wait --for=condition=pod-offload.io/bound ")) {
            named(command).forEach(pod -> cluster.awaitBound(pod, "Bound"));
        } else if (command.startsWith("address=$(kubectl get pod web -o ")) {
            assertThat(command)
                    .contains("{.metadata.annotations.default\\.default\\.ovn\\.kubernetes\\.io/ip_address}");
            address = Pods.address(pod("web"));
        } else if (command.startsWith("kubectl exec client -- ping ")) {
            assertThat(cluster.exec(
                            pod("client"),
                            command.replace("$address", address)
                                    .substring("kubectl exec client -- ".length())
                                    .split(" ")))
                    .contains(" 0% packet loss");
        } else if (command.startsWith("kubectl wait --for=condition=pod-offload.io/offloaded=True ")) {
            named(command).forEach(pod -> assertThat(offloaded(pod)).isEqualTo("False NotOffloaded"));
        } else if (command.equals("kubectl -n pod-offload port-forward deployment/pod-offload-webhook 8080")) {
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .until(() -> cluster.ask(8080, "/actuator/cluster").contains("default/web"));
        } else if (command.startsWith("kubectl delete pod ")) {
            for (String name : command.substring("kubectl delete pod ".length()).split(" ")) {
                cluster.delete(pod(name));
            }
        } else {
            failed("nobody has tried this command: " + command);
        }
    }

    private static <T> T failed(String why) {
        throw new AssertionError(why);
    }

    private Printed binder(String command, String prefix) {
        return cluster.runBinderCommand(command.substring(prefix.length()).split(" "));
    }

    private void assertReady(int port) {
        assertThat(JsonMapper.shared()
                        .readTree(cluster.ask(port, "/actuator/health/readiness"))
                        .path("status")
                        .asString())
                .isEqualTo("UP");
    }

    private Pod pod(String name) {
        return cluster.client().pods().inNamespace("default").withName(name).get();
    }

    /** The pods of {@code pod/NAME}. */
    private List<Pod> named(String command) {
        return Pattern.compile("pod/([a-z0-9-]+)")
                .matcher(command)
                .results()
                .map(found -> pod(found.group(1)))
                .toList();
    }

    /** When its packets have been looked at. */
    private String offloaded(Pod pod) {
        return cluster.await(pod, now -> condition(now).startsWith("False")).getStatus().getConditions().stream()
                .filter(one -> one.getType().equals("pod-offload.io/offloaded"))
                .map(TenMinutesIT::words)
                .findFirst()
                .orElseThrow();
    }

    private static String condition(Pod pod) {
        return pod.getStatus() == null
                ? ""
                : pod.getStatus().getConditions().stream()
                        .filter(one -> one.getType().equals("pod-offload.io/offloaded"))
                        .map(TenMinutesIT::words)
                        .findFirst()
                        .orElse("");
    }

    private static String words(PodCondition condition) {
        return condition.getStatus() + " " + condition.getReason();
    }

    /** With a node whose device plugin runs. */
    private static ApiServer clusterForHelm() {
        ApiServer server = new ApiServer();
        KubernetesClient client = server.client();
        for (String namespace : List.of("default", "kube-system", RenderedChart.NAMESPACE)) {
            client.resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(namespace)
                            .endMetadata()
                            .build())
                    .create();
        }
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node1")
                        .endMetadata()
                        .withNewStatus()
                        .addToAllocatable(Pods.RESOURCE, new Quantity("4"))
                        .endStatus()
                        .build())
                .create();
        return server;
    }

    private static void install(String command, ApiServer server) {
        assertThat(command).startsWith("helm install pod-offload charts/pod-offload --namespace pod-offload");
        InstallCommand install = new Helm(RenderedChart.folder(PROJECT))
                .install()
                .withName("pod-offload")
                .withNamespace("pod-offload")
                .withKubeConfigContents(server.kubeConfig())
                .disableOpenApiValidation();
        Matcher value = Pattern.compile("--set ([^= ]+)=(\\S+)").matcher(command);
        while (value.find()) {
            String text = value.group(2);
            install.set(
                    value.group(1),
                    text.equals("true") ? (Object) true : text.matches("\\d+") ? (Object) Integer.valueOf(text) : text);
        }
        assertThat(install.call().getOutput()).doesNotContain("missing");
        assertThat(server.client()
                        .apps()
                        .daemonSets()
                        .inNamespace("pod-offload")
                        .withName("pod-offload-node-binder")
                        .get()
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getInitContainers())
                .extracting(container -> container.getName())
                .contains("prepare");
    }

    private static void uninstall(ApiServer server) {
        try (Jobs jobs = new Jobs(
                server.client(), PROJECT, pod -> server.asServiceAccount("pod-offload", pod.getServiceAccountName()))) {
            Helm.uninstall("pod-offload")
                    .withNamespace("pod-offload")
                    .withKubeConfigContents(server.kubeConfig())
                    .call();
            assertThat(jobs.printed("pod-offload-uninstall")).contains("The webhook configuration is gone");
        }
        assertThat(server.client()
                        .apps()
                        .daemonSets()
                        .inNamespace("pod-offload")
                        .list()
                        .getItems())
                .isEmpty();
    }
}
