package io.podoffload.cluster;

import io.podoffload.sim.Programs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The logical network in OVN's northbound database, as Kube-OVN makes it: a router, a switch per Subnet, and the switch
 * {@code join} with a port of each node, by which pods reach what is not of the logical network.
 */
final class LogicalNetwork {

    static final String ROUTER = "ovn-cluster";
    private static final String JOIN = "join";
    private static final String JOIN_GATEWAY = SubnetRoutes.GATEWAY;
    private static final String LOAD_BALANCER = "cluster-tcp-loadbalancer";

    private final Path database;

    /** @param database socket of the northbound database */
    LogicalNetwork(Path database) {
        this.database = database;
    }

    void createRouter() {
        nbctl("--may-exist", "lr-add", ROUTER);
        createSwitch(JOIN, JOIN_GATEWAY + "/16", "100.64.0.0/16");
        // OVN drops what no route leads to before it asks a policy; each pod's policy then names the node
        nbctl("--may-exist", "lr-route-add", ROUTER, "0.0.0.0/0", JOIN_GATEWAY);
    }

    /** @param cidr what stays in the logical network if it is sent there */
    void createSwitch(String name, String gatewayWithPrefix, String cidr) {
        String atRouter = ROUTER + "-" + name;
        String atSwitch = name + "-" + ROUTER;
        nbctl("--may-exist", "ls-add", name);
        if (!nbctl("lrp-list", ROUTER).contains("(" + atRouter + ")")) {
            nbctl("lrp-add", ROUTER, atRouter, AddressPool.mac(), gatewayWithPrefix);
        }
        nbctl(
                "--may-exist",
                "lsp-add",
                name,
                atSwitch,
                "--",
                "lsp-set-type",
                atSwitch,
                "router",
                "--",
                "lsp-set-addresses",
                atSwitch,
                "router",
                "--",
                "lsp-set-options",
                atSwitch,
                "router-port=" + atRouter);
        nbctl("--may-exist", "lr-policy-add", ROUTER, "31000", "ip4.dst == " + cidr, "allow");
    }

    void removeSwitch(String name) {
        nbctl("--if-exists", "lrp-del", ROUTER + "-" + name, "--", "--if-exists", "ls-del", name);
    }

    /** A switch with a load balancer sends every packet of its pods through connection tracking. */
    void balanceLoad(String switchName, boolean balanced) {
        if (balanced) {
            nbctl("--may-exist", "lb-add", LOAD_BALANCER, "10.96.0.1:443", "172.30.0.1:6443");
            nbctl("--may-exist", "ls-lb-add", switchName, LOAD_BALANCER);
        } else {
            nbctl("--if-exists", "ls-lb-del", switchName);
        }
    }

    /** A port of a pod; what the pod sends out of the logical network leaves it on the pod's node. */
    void createPort(String switchName, String name, String mac, String ip, String node) {
        nbctl("--may-exist", "lsp-add", switchName, name, "--", "lsp-set-addresses", name, mac + " " + ip);
        String byNode = nodeAddress(node);
        if (!byNode.isEmpty()) {
            nbctl("--may-exist", "lr-policy-add", ROUTER, "29000", "ip4.src == " + ip, "reroute", byNode);
        }
    }

    void removePort(String name, String ip, String node) {
        nbctl("--if-exists", "lsp-del", name);
        if (!nodeAddress(node).isEmpty()) {
            nbctl("--if-exists", "lr-policy-del", ROUTER, "29000", "ip4.src == " + ip);
        }
    }

    /** Address of the node's port of {@code join}; empty if the node has none. */
    private String nodeAddress(String node) {
        String addresses = nbctl("--if-exists", "get", "logical_switch_port", "node-" + node, "addresses");
        String[] words = addresses.replaceAll("[\\[\\]\"]", "").split(" ");
        return words.length < 2 ? "" : words[1];
    }

    private String nbctl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ovn-nbctl", "--db=unix:" + database, "--timeout=30"));
        command.addAll(List.of(arguments));
        return Programs.run(command.toArray(String[]::new)).strip();
    }
}
