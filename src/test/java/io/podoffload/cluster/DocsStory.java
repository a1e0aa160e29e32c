package io.podoffload.cluster;

import static io.podoffload.docs.DocumentedCommand.endsWith;
import static io.podoffload.docs.DocumentedCommand.runs;
import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.docs.DocPage;
import io.podoffload.docs.DocPage.Command;
import io.podoffload.docs.DocumentedCommand;
import io.podoffload.docs.DocumentedCommand.Serves;
import io.podoffload.docs.DocumentedCommands;
import io.podoffload.docs.PageShell;
import io.podoffload.sim.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Runs the command lines of the README and of {@code docs/*.md} as they stand on this cluster; {@link DocumentedCommands} says which are not
 * run, and why. The outputs that the pages show are those of the simulated node: {@code DocsIT} compares them.
 */
@SuppressWarnings("NullAway.Init") // set before all tests
class DocsStory {

    private static final Path HOME = Cluster.PROJECT.resolve("target/cluster/home"); // each node sees it too
    private static final String UNINSTALL = "helm uninstall pod-offload --namespace pod-offload";

    /** Commands that print something else here than on the simulated node. */
    private static final Map<String, DocumentedCommand> HERE = Map.of(
            "kubectl -n pod-offload port-forward deployment/pod-offload-webhook 8080",
                    new Serves("Forwarding from 127.0.0.1:8080"),
            "kubectl offload status", runs("node-binders  3 of 3 ready", "node1 ", "node2 "),
            "kubectl offload doctor", runs("Cluster\n", "Node node1\n", "Node node3\n"),
            "kubectl -n pod-offload exec daemonset/pod-offload-node-binder -- pod-offload doctor", runs("✓"),
            "kubectl -n pod-offload exec daemonset/pod-offload-node-binder -- pod-offload inventory -o json",
                    runs("\"node\" : \"node"),
            "kubectl exec client -- ping -c 60 -i 0.2 $address", runs("60 packets received, 0% packet loss"),
            "kubectl offload explain fast", endsWith(1, "✓ CNI ", "<- breaks here"));

    private static Shell shell;
    private static PageShell pages;

    @BeforeAll
    static void start() throws IOException {
        Release.ensure();
        String programs = Stream.of(System.getenv("PATH").split(":"))
                .filter(folder -> !folder.equals("/run/cluster/bin")) // has the plugin, which the page installs
                .collect(Collectors.joining(":"));
        shell = new Shell(Cluster.PROJECT, HOME, Files.readString(Path.of(System.getenv("KUBECONFIG"))), programs);
        shell.add("helm", "#!/bin/sh\nexec helm3 \"$@\"\n");
        shell.makeOwn(Path.of("/tmp/certs"));
        pages = new PageShell(
                shell,
                HOME,
                Map.of(),
                List.of(
                        "nsenter",
                        "--target",
                        Cluster.run("cat", "/run/cluster/pids/node1"),
                        "--mount",
                        "--net",
                        "--uts",
                        "--wdns=" + Cluster.PROJECT,
                        "--"),
                List.of());
    }

    @AfterAll
    static void stop() {
        try {
            Cluster.kubectl("delete", "pod", "--all", "--wait");
            if (isInstalled()) {
                shell.type(UNINSTALL);
            }
            Cluster.kubectl("delete", "secret", "--namespace", "pod-offload", "mine", "--ignore-not-found");
            // when an earlier plugin of a resource ends, the kubelet stops the endpoint of the later one
            Cluster.kubectl(
                    "--namespace=kube-system",
                    "wait",
                    "--for=delete",
                    "pod",
                    "--selector=app.kubernetes.io/component=device-plugin",
                    "--timeout=120s");
        } finally {
            Cluster.NODES_WITH_VFS.forEach(node -> Cluster.service("restart", node + ".device-plugin"));
            shell.close();
        }
    }

    @Test
    void everyCommandDoesWhatThePageSays() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (DocPage page : DocPage.all(Cluster.PROJECT)) {
            prepare(page);
            for (Command command : page.commands()) {
                if (command.key().startsWith("helm install") && isInstalled()) {
                    assertThat(shell.type(UNINSTALL).exitCode()).as(UNINSTALL).isZero();
                }
                if (command.key().contains("devicePlugin.daemonSet=true")) {
                    Cluster.NODES_WITH_VFS.forEach(node -> Cluster.service("stop", node + ".device-plugin"));
                }
                if (command.key().startsWith("kubectl offload ") && isInstalled()) {
                    Release.awaitReady(); // as a person has waited who reads on from the installation
                }
                if (command.key().startsWith("kubectl exec client -- ping")) {
                    Pods.assertPings("client", Pods.address(Cluster.get("pod", "web")));
                }
                pages.run(command, HERE.getOrDefault(command.key(), DocumentedCommands.of(command)))
                        .ifPresent(wrong::add);
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** The README expects a pod {@code web}; {@code docs/ten-minutes.md} creates its own pods. */
    private static void prepare(DocPage page) {
        Cluster.kubectl("delete", "pod", "--all", "--wait");
        shell.type("rm -f /usr/local/bin/kubectl-offload");
        if (page.name().equals(DocPage.README)) {
            // what is typed in dev/demo --shell comes before the page installs the plugin; that shell has it
            shell.type("install -m 0755 node-binder/kubectl/kubectl-offload /usr/local/bin/kubectl-offload");
            Cluster.apply(OptedIn.pod("web", "node1"));
            Cluster.kubectl("wait", "--for=condition=pod-offload.io/bound", "pod/web", "--timeout=60s");
        }
    }

    private static boolean isInstalled() {
        return Cluster.run("helm3", "list", "--namespace", "pod-offload", "--short")
                .equals("pod-offload");
    }
}
