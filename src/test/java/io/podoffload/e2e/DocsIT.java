package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podoffload.chart.RenderedChart;
import io.podoffload.docs.DocPage;
import io.podoffload.docs.DocPage.Command;
import io.podoffload.docs.DocumentedCommands;
import io.podoffload.docs.PageShell;
import io.podoffload.sim.ApiServer;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Jobs;
import io.podoffload.sim.Programs.Ended;
import io.podoffload.sim.Shell;
import io.podoffload.sim.SimulatedCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every command line of the README and of {@code docs/*.md}, as it stands, in the order of its page: by a real kubectl, in the image where it
 * says {@code kubectl exec}, the jars as they were built. Helm is its own engine behind {@code HelmProgram}, on an API server of its own,
 * since the simulated cluster is not installed by Helm. What is expected of each stands in {@link DocumentedCommands}.
 */
@SuppressWarnings("NullAway.Init") // set before all tests
class DocsIT {

    private static final Path PROJECT =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();

    private static SimulatedCluster cluster;
    private static ApiServer helm;
    private static Jobs jobs;
    private static Shell shell;
    private static PageShell pages;

    @BeforeAll
    static void start() {
        cluster = new SimulatedCluster(
                PROJECT,
                PROJECT.resolve("target/e2e-logs/docs"),
                new SimulatedCluster.Options(4, false, Optional.of(PROJECT.resolve("target/image/pod-offload.tar"))));
        cluster.useCni(CniMode.OTHER);
        helm = clusterForHelm();
        jobs = new Jobs(
                helm.client(), PROJECT, pod -> helm.asServiceAccount("pod-offload", pod.getServiceAccountName()));
        shell = new Shell(
                PROJECT, Path.of("/run/home"), cluster.api().kubeConfig(), System.getenv("POD_OFFLOAD_TOOLS") + "/bin");
        shell.makeOwn(Path.of("/tmp/certs"));
        pages = new PageShell(
                shell,
                PROJECT.resolve("target/e2e-logs/docs"),
                // what only this node has elsewhere is said by variables, as a line of this test would be no line of
                // the page
                cluster.nodeVariables(),
                List.of(),
                // the cluster's webhook has the port
                List.of("unshare", "--net", "--", "sh", "-c", "'ip link set lo up && exec \"$@\"'", "serve"));
        shell.add("helm", """
                #!/bin/sh
                cat >/run/home/.kube/helm <<'CONFIG'
                %s
                CONFIG
                KUBECONFIG=/run/home/.kube/helm exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '%s' io.podoffload.sim.HelmProgram "$@"
                """.formatted(
                        helm.kubeConfig(),
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))));
    }

    @AfterAll
    static void stop() {
        if (shell != null) {
            shell.close();
        }
        if (jobs != null) {
            jobs.close();
            helm.close();
        }
        if (cluster != null) {
            cluster.close();
        }
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

    @Test
    void everyCommandDoesWhatThePageSays() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (DocPage page : DocPage.all(PROJECT)) {
            preparePodsFor(page);
            for (Command command : page.commands()) {
                if (command.key().startsWith("helm install")) {
                    endReleaseOfThePageBefore();
                }
                pages.run(command, DocumentedCommands.of(command)).ifPresent(wrong::add);
            }
            wrong.addAll(pages.differences(page));
        }
        assertThat(wrong).isEmpty();
        assertThat(jobs.printed("pod-offload-uninstall"))
                .as("the hook of the last command")
                .contains("The webhook configuration is gone");
    }

    /** The reader of the README has a pod; the one of the ten minutes makes two. */
    private static void preparePodsFor(DocPage page) throws IOException {
        for (Pod old : cluster.client().pods().inNamespace("default").list().getItems()) {
            cluster.delete(old);
        }
        shell.type("rm -f ~/bin/kubectl-offload");
        if (page.name().equals(DocPage.README)) {
            // what is typed in dev/demo --shell comes before the page installs the plugin; that shell has it
            shell.add("kubectl-offload", Files.readString(PROJECT.resolve("node-binder/kubectl/kubectl-offload")));
            cluster.awaitBound(cluster.create(Pods.labelled("web")), "Bound");
            Awaitility.await()
                    .atMost(OneNode.SOON)
                    .until(() -> String.valueOf(cluster.client()
                                    .configMaps()
                                    .inNamespace("pod-offload")
                                    .withName("pod-offload-node-node1")
                                    .get())
                            .contains("default/web"));
        }
    }

    /** Each installation of a page is one of several ways to begin. */
    private static void endReleaseOfThePageBefore() {
        if (!helm.client()
                .apps()
                .daemonSets()
                .inNamespace("pod-offload")
                .list()
                .getItems()
                .isEmpty()) {
            Ended ended = shell.type("helm uninstall pod-offload --namespace pod-offload");
            assertThat(ended.exitCode()).as(ended.error()).isZero();
        }
    }
}
