package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.sim.Programs.ProgramFailed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The VFs, ports and addresses of all opted-in pods: as the API server's pods imply them, and as they are found on the nodes, in
 * OVN and in Kube-OVN's IP objects. Where no pod runs, nothing may be found but free VFs.
 *
 * @param free VFs in the node's own namespace, with name, MAC and MTU
 * @param rows of Open vSwitch that belong to a pod: iface-id and PCI address
 * @param logicalPorts of pods
 * @param addresses names of the IP objects
 */
record Agreement(
        Map<String, List<Vfs.Vf>> free,
        Map<String, List<String>> rows,
        List<String> logicalPorts,
        List<String> addresses) {

    private static final int VFS = 4;

    /** Waits until both are the same. */
    static void await() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptionsInstanceOf(
                        ProgramFailed.class) // a database or the API server that has just been started
                .untilAsserted(() -> assertThat(found()).isEqualTo(implied()));
    }

    /** Waits until the binders' reports of each VF agree, too: they are written at most every 5 s. */
    static void awaitReported() {
        await();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptionsInstanceOf(ProgramFailed.class)
                .untilAsserted(() -> assertThat(reported()).isEqualTo(impliedReports()));
    }

    /** Waits until no opted-in pod is left, those that have finished included, and all agree. */
    static void awaitNothing() {
        Cluster.kubectl("wait", "--for=delete", "pod", "-A", "-l", "pod-offload.io/enabled=true", "--timeout=120s");
        awaitReported();
    }

    private static Agreement implied() {
        Map<String, List<Vfs.Vf>> free = new TreeMap<>();
        Map<String, List<String>> rows = new TreeMap<>();
        List<JsonNode> pods = live();
        for (String node : Cluster.NODES_WITH_VFS) {
            Map<String, JsonNode> podsByVf = podsByVf(node, pods);
            List<Vfs.Vf> freeOfNode = new ArrayList<>();
            for (int index = 0; index < VFS; index++) {
                if (!podsByVf.containsKey(pci(index))) {
                    freeOfNode.add(new Vfs.Vf("enp3s0f0v" + index, "02:5e:00:00:03:0" + index, 1500));
                }
            }
            free.put(node, freeOfNode);
            rows.put(
                    node,
                    podsByVf.entrySet().stream()
                            .map(entry -> Pods.port(entry.getValue()) + " " + entry.getKey())
                            .sorted()
                            .toList());
        }
        List<String> ports = pods.stream().map(Pods::port).sorted().toList();
        return new Agreement(free, rows, ports, ports);
    }

    /** PCI address, reason and pod of each VF. */
    private static Map<String, List<String>> impliedReports() {
        Map<String, List<String>> reports = new TreeMap<>();
        List<JsonNode> pods = live();
        for (String node : Cluster.NODES_WITH_VFS) {
            Map<String, JsonNode> podsByVf = podsByVf(node, pods);
            reports.put(
                    node,
                    IntStream.range(0, VFS)
                            .mapToObj(Agreement::pci)
                            .map(vf -> vf + " " + (podsByVf.containsKey(vf) ? report(podsByVf.get(vf)) : "Free"))
                            .toList());
        }
        return reports;
    }

    /** Pods by the PCI address of their VF. Fails if two pods have one VF, or if a pod has none. */
    private static Map<String, JsonNode> podsByVf(String node, List<JsonNode> pods) {
        Map<String, String> allotted = Vfs.allotted(node);
        return pods.stream()
                .filter(pod -> pod.at("/spec/nodeName").asString().equals(node))
                .collect(Collectors.toMap(
                        pod -> {
                            String vf = allotted.get(pod.at("/metadata/uid").asString());
                            if (vf == null) {
                                throw new AssertionError("the kubelet allotted no VF to " + Pods.port(pod));
                            }
                            return vf;
                        },
                        pod -> pod,
                        (one, other) -> {
                            throw new AssertionError(
                                    "two pods have one VF: " + Pods.port(one) + ", " + Pods.port(other));
                        },
                        TreeMap::new));
    }

    private static String pci(int index) {
        return "0000:03:00." + (index + 2);
    }

    private static String report(JsonNode pod) {
        return Pods.condition(pod, "pod-offload.io/bound").path("reason").asString() + " "
                + pod.at("/metadata/namespace").asString() + "/"
                + pod.at("/metadata/name").asString();
    }

    /** Opted-in pods that are on a node and have not finished: each of them holds a VF. */
    private static List<JsonNode> live() {
        return Cluster.get("pods", "-A", "-l", "pod-offload.io/enabled=true")
                .path("items")
                .valueStream()
                .filter(pod -> !List.of("Succeeded", "Failed")
                        .contains(pod.at("/status/phase").asString()))
                .filter(pod -> pod.at("/spec").has("nodeName"))
                .toList();
    }

    private static Agreement found() {
        Map<String, List<Vfs.Vf>> free = new TreeMap<>();
        Map<String, List<String>> rows = new TreeMap<>();
        for (String node : Cluster.NODES_WITH_VFS) {
            free.put(node, Vfs.of(node));
            rows.put(node, rows(node));
        }
        List<String> logicalPorts = Cluster.logicalPorts().stream()
                .filter(name -> name.endsWith(".ovn"))
                .sorted()
                .toList();
        List<String> addresses = Cluster.kubectl("get", "ips.kubeovn.io", "-o", "name")
                .lines()
                .map(name -> name.substring(name.indexOf('/') + 1))
                .sorted()
                .toList();
        return new Agreement(free, rows, logicalPorts, addresses);
    }

    /** Interface rows with external_ids, except the node's own port, whose iface-id begins with {@code node-}. */
    private static List<String> rows(String node) {
        JsonNode table = JsonMapper.shared()
                .readTree(
                        Cluster.on(node, "ovs-vsctl", "--format=json", "--columns=external_ids", "list", "Interface"));
        return table.path("data")
                .valueStream()
                .map(row -> row.path(0)
                        .path(1)
                        .valueStream()
                        .collect(Collectors.toMap(
                                pair -> pair.path(0).asString(),
                                pair -> pair.path(1).asString(),
                                (one, other) -> one,
                                TreeMap::new)))
                .filter(keys ->
                        !keys.isEmpty() && !keys.getOrDefault("iface-id", "").startsWith("node-"))
                .map(keys -> keys.getOrDefault("iface-id", "-") + " " + keys.getOrDefault("pod-offload-pci", "-"))
                .sorted()
                .toList();
    }

    private static Map<String, List<String>> reported() {
        Map<String, List<String>> reports = new TreeMap<>();
        Cluster.NODES_WITH_VFS.forEach(node -> reports.put(node, reported(node)));
        return reports;
    }

    private static List<String> reported(String node) {
        String vfs = Cluster.kubectl(
                "-n",
                Release.NAMESPACE,
                "get",
                "configmap",
                "pod-offload-node-" + node,
                "--ignore-not-found",
                "-o",
                "jsonpath={.data.vfs}");
        return vfs.lines()
                .map(line -> JsonMapper.shared().readTree(line))
                .map(vf -> Stream.of(vf.path("pci"), vf.path("reason"), vf.path("pod"))
                        .filter(value -> !value.isNull())
                        .map(JsonNode::asString)
                        .collect(Collectors.joining(" ")))
                .sorted()
                .toList();
    }
}
