package io.podoffload.demo;

import io.podoffload.sim.CniMode;
import io.podoffload.sim.SimulatedCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;

/** A bash in which kubectl, with the plugin, talks to the simulated cluster, whose programs run in containers of the image. */
final class DemoShell {

    private DemoShell() {}

    /** Returns when the person leaves the shell. */
    static void run(Path project, Path logs, Screen screen) throws Exception {
        try (SimulatedCluster cluster = screen.step(
                "start Open vSwitch, OVN, a NIC with 4 VFs, kubelet, runtime, API server, and the image of webhook and node-binder",
                () -> new SimulatedCluster(
                        project,
                        logs,
                        new SimulatedCluster.Options(
                                4, false, Optional.of(project.resolve("target/image/pod-offload.tar")))))) {
            cluster.useCni(CniMode.OTHER);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> reports(cluster).contains("\"pci\""));
            screen.say(
                    "One node, 4 VFs and no NIC that takes packets, so that explain always breaks at the representor. For example:");
            screen.say("  kubectl run web --image=nginx --labels=pod-offload.io/enabled=true");
            screen.say("  kubectl offload explain web");
            screen.say("  kubectl offload status");
            screen.say(
                    "The API server is simulated: no logs, no Events in describe, no Helm. Leave with exit or Ctrl-D.");
            bash(project, cluster).waitFor();
        }
        screen.say("nothing is left behind");
    }

    private static String reports(SimulatedCluster cluster) {
        return cluster.client()
                .configMaps()
                .inAnyNamespace()
                .withLabel("pod-offload.io/report", "node")
                .list()
                .toString();
    }

    private static Process bash(Path project, SimulatedCluster cluster) throws IOException {
        Path home = Files.createTempDirectory("shell"); // of this run's own namespaces, and gone with them
        Path programs = Files.createDirectories(home.resolve("bin"));
        Files.createSymbolicLink(
                programs.resolve("kubectl-offload"), project.resolve("node-binder/kubectl/kubectl-offload"));
        ProcessBuilder bash =
                new ProcessBuilder("bash", "--norc").directory(project.toFile()).inheritIO();
        bash.environment()
                .putAll(Map.of(
                        "HOME",
                        home.toString(),
                        "KUBECONFIG",
                        Files.writeString(home.resolve("config"), cluster.api().kubeConfig())
                                .toString(),
                        "PATH",
                        programs + ":" + System.getenv("POD_OFFLOAD_TOOLS") + "/bin:" + System.getenv("PATH"),
                        "PS1",
                        "pod-offload$ "));
        return bash.start();
    }
}
