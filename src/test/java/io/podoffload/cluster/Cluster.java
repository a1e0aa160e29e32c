package io.podoffload.cluster;

import io.podoffload.sim.Programs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The cluster that is up, as a person with kubectl, helm and a shell on each node has it. */
final class Cluster {

    static final Path PROJECT =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
    static final List<String> NODES_WITH_VFS = List.of("node1", "node2");

    private Cluster() {}

    /** Runs kubectl and returns what it prints; a code other than 0 is a failure. */
    static String kubectl(String... arguments) {
        return run(Stream.concat(Stream.of("kubectl"), Arrays.stream(arguments)).toArray(String[]::new));
    }

    /** An object, as {@code kubectl get … -o json} prints it. */
    static JsonNode get(String... arguments) {
        List<String> all = new ArrayList<>(List.of("get", "-o", "json"));
        all.addAll(Arrays.asList(arguments));
        return JsonMapper.shared().readTree(kubectl(all.toArray(String[]::new)));
    }

    static void apply(String yaml) {
        Programs.run("bash", "-c", "kubectl apply -f - <<'END'\n" + yaml + "\nEND");
    }

    /** Starts, stops, kills or restarts a program of the cluster: {@code kube-apiserver}, {@code node1.kubelet}. */
    static void service(String action, String program) {
        run(PROJECT.resolve("src/test/cluster/service").toString(), action, program);
    }

    static String run(String... command) {
        return Programs.run(command).strip();
    }

    /** Runs a program in a node's namespaces. */
    static String on(String node, String... command) {
        String pid = run("cat", "/run/cluster/pids/" + node);
        List<String> all = new ArrayList<>(List.of("nsenter", "--target", pid, "--mount", "--net", "--uts", "--"));
        all.addAll(Arrays.asList(command));
        return run(all.toArray(String[]::new));
    }

    /** Names of the Interface rows of a node that have this iface-id. */
    static List<String> interfaces(String node, String ifaceId) {
        return on(
                        node,
                        "ovs-vsctl",
                        "--bare",
                        "--columns=name",
                        "find",
                        "Interface",
                        "external_ids:iface-id=" + ifaceId)
                .lines()
                .filter(name -> !name.isBlank())
                .toList();
    }

    /** Names of the logical switch ports in OVN's northbound database. */
    static List<String> logicalPorts() {
        return run(
                        "ovn-nbctl",
                        "--db=unix:/run/cluster/ovn/nb.sock",
                        "--bare",
                        "--columns=name",
                        "list",
                        "Logical_Switch_Port")
                .lines()
                .filter(name -> !name.isBlank())
                .toList();
    }

    static void applyIn(String namespace, String yaml) {
        Programs.run("bash", "-c", "kubectl -n " + namespace + " apply -f - <<'END'\n" + yaml + "\nEND");
    }
}
