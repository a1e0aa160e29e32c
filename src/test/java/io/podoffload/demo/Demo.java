package io.podoffload.demo;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Nic;
import io.podoffload.sim.OpenVSwitch;
import io.podoffload.sim.SimulatedCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** {@code dev/demo}: from a labelled pod to a bound VF and back, twice, on one simulated node. */
public final class Demo {

    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";
    private static final String NETWORK = "v1.multus-cni.io/default-network";

    private final Screen screen;
    private final SimulatedCluster cluster;
    private final PodTable table;
    private final Path logs;

    private Demo(Screen screen, SimulatedCluster cluster, Path logs) {
        this.screen = screen;
        this.cluster = cluster;
        this.logs = logs;
        this.table = new PodTable(cluster);
    }

    /** @param arguments the project's folder, and {@code --shell} for a shell instead of the story */
    public static void main(String[] arguments) throws Exception {
        Path project = Path.of(arguments[0]);
        Path logs = project.resolve("target/demo-logs");
        Screen screen = new Screen(System.out);
        Thread onInterrupt = new Thread(() -> System.err.println("\nInterrupted; nothing is left behind."));
        Runtime.getRuntime().addShutdownHook(onInterrupt);
        try {
            if (arguments.length > 1) {
                DemoShell.run(project, logs, screen);
                Runtime.getRuntime().removeShutdownHook(onInterrupt);
                System.exit(0);
            }
            SimulatedCluster cluster = screen.step(
                    "start Open vSwitch, OVN, a NIC with 4 VFs, kubelet, runtime, API server, webhook and node-binder",
                    () -> new SimulatedCluster(project, logs));
            try {
                new Demo(screen, cluster, logs).run();
            } finally {
                cluster.close();
            }
            Runtime.getRuntime().removeShutdownHook(onInterrupt);
        } catch (Exception | AssertionError e) {
            Runtime.getRuntime().removeShutdownHook(onInterrupt);
            System.err.printf("%nThe demo failed: %s%nLogs are in %s%n", e.getMessage(), logs);
            System.exit(1);
        }
        System.exit(0); // threads of the simulated node need not be waited for
    }

    private void run() throws Exception {
        List<String> portsBefore = cluster.ovs().ports();
        Map<PciAddress, Nic.Vf> vfsBefore = cluster.nic().inventory();
        show(vfsBefore);

        Pod adopted = screen.step(
                "create pod nginx with only the label; the CNI is kube-ovn, so the binder adopts what it binds",
                () -> create("nginx", CniMode.KUBE_OVN, "Adopted"));
        Pod bound = screen.step(
                "create pod nginx-2 with only the label; the CNI is another one, so the binder binds the VF",
                () -> create("nginx-2", CniMode.OTHER, "Bound"));
        screen.step("ping nginx from nginx-2, through both representors and OVN", () -> ping(bound, adopted));
        screen.step("fetch a page over TCP", () -> fetch(bound, adopted));
        screen.step("ask where the packets run, and why not in a NIC: there is none here", this::explain);
        screen.step("delete both pods", () -> delete(adopted, bound));
        screen.step("everything is back as it was", () -> {
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                same("ports", portsBefore, cluster.ovs().ports());
                same("VFs", identities(vfsBefore), identities(cluster.nic().inventory()));
            });
            show(cluster.nic().inventory());
            screen.say("ports of br-int: %s, as before", cluster.ovs().ports());
            return null;
        });
        screen.summary("done: one label bound each pod's VF, and nothing is left behind");
    }

    private Pod create(String name, CniMode cni, String expected) {
        cluster.useCni(cni);
        Pod pod = cluster.create(new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("pod-offload.io/enabled", "true")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("nginx")
                .withImage("docker.io/library/nginx:alpine")
                .endContainer()
                .endSpec()
                .build());
        screen.say("the webhook added:");
        screen.say(
                "  annotation %s: %s",
                NETWORK, pod.getMetadata().getAnnotations().get(NETWORK));
        screen.say(
                "  request and limit %s: %s",
                RESOURCE,
                pod.getSpec().getContainers().get(0).getResources().getLimits().get(RESOURCE));
        List<List<String>> shown = new ArrayList<>();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    List<List<String>> rows = table.rows(List.of(pod));
                    if (!rows.equals(shown)) {
                        screen.table(shown.isEmpty() ? rows : rows.subList(1, rows.size()));
                        shown.clear();
                        shown.addAll(rows);
                    }
                    return rows.get(1).get(2).equals(expected)
                            && rows.get(1).get(7).equals("up");
                });
        Pod now = cluster.awaitBound(pod, expected);
        screen.say(
                "%s", SimulatedCluster.bound(now).map(PodCondition::getMessage).orElse(""));
        return now;
    }

    private Void ping(Pod from, Pod to) {
        String fromPort = representor(from);
        String toPort = representor(to);
        OpenVSwitch.Packets fromBefore = cluster.ovs().packets(fromPort);
        OpenVSwitch.Packets toBefore = cluster.ovs().packets(toPort);
        cluster.exec(from, "ping", "-c", "5", "-i", "0.2", "-I", address(from), address(to))
                .lines()
                .filter(line -> !line.isBlank())
                .forEach(line -> screen.say("%s", line));
        OpenVSwitch.Packets fromAfter = cluster.ovs().packets(fromPort);
        OpenVSwitch.Packets toAfter = cluster.ovs().packets(toPort);
        screen.table(List.of(
                List.of("REPRESENTOR", "PACKETS FROM POD", "PACKETS TO POD"),
                List.of(
                        fromPort,
                        moved(fromBefore.fromPod(), fromAfter.fromPod()),
                        moved(fromBefore.toPod(), fromAfter.toPod())),
                List.of(
                        toPort,
                        moved(toBefore.fromPod(), toAfter.fromPod()),
                        moved(toBefore.toPod(), toAfter.toPod()))));
        if (fromAfter.fromPod() - fromBefore.fromPod() < 5 || toAfter.toPod() - toBefore.toPod() < 5) {
            throw new IllegalStateException("the ping did not pass through the representors");
        }
        return null;
    }

    private static String moved(long before, long after) {
        return before + " -> " + after;
    }

    private Void fetch(Pod from, Pod to) {
        String page = cluster.exec(
                from,
                "curl",
                "--silent",
                "--show-error",
                "--max-time",
                "10",
                "--interface",
                address(from),
                "http://" + address(to) + "/");
        screen.say("http://%s/ says: %s", address(to), page.strip());
        return null;
    }

    /** {@code java -jar node-binder.jar explain default/nginx-2}, and the binder's own page. */
    private Void explain() throws IOException {
        cluster.runBinderCommand("explain", "default/nginx-2").text().lines().forEach(line -> screen.say("%s", line));
        Path page = Files.writeString(logs.resolve("node.html"), cluster.askBinder("/"));
        screen.say("the node as a page, to open in a browser: %s", page);
        return null;
    }

    private Void delete(Pod... pods) {
        for (Pod pod : pods) {
            cluster.delete(pod);
        }
        screen.table(table.rows(List.of(pods)));
        return null;
    }

    private String representor(Pod pod) {
        return cluster.ovs()
                .interfacesWith("pod-offload-pod-uid", pod.getMetadata().getUid())
                .get(0);
    }

    private static String address(Pod pod) {
        return String.valueOf(pod.getMetadata().getAnnotations().get("default.default.ovn.kubernetes.io/ip_address"));
    }

    private void show(Map<PciAddress, Nic.Vf> vfs) {
        List<List<String>> rows = new ArrayList<>(List.of(List.of("VF", "NETDEV", "MAC", "MTU")));
        vfs.values().forEach(vf -> rows.add(List.of(vf.pci().value(), vf.name(), vf.mac(), "" + vf.mtu())));
        screen.table(rows);
    }

    private static List<String> identities(Map<PciAddress, Nic.Vf> vfs) {
        return vfs.values().stream()
                .map(vf -> vf.pci() + " " + vf.name() + " " + vf.mac() + " " + vf.mtu())
                .toList();
    }

    private static void same(String what, Object before, Object after) {
        if (!before.equals(after)) {
            throw new AssertionError(what + " were " + before + " and are " + after);
        }
    }
}
