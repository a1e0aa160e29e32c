package io.podoffload.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.podoffload.sim.SimulatedNic;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The NIC of a node and the daemon of its CNI, in the node's namespaces: {@code NodeNic VFS}. Stays until it is ended.
 *
 * <p>The API server and its credentials come from {@code KUBECONFIG}.
 */
public final class NodeNic {

    private static final Path SYSFS = Path.of("/run/nic");
    private static final Path READY = Path.of("/run/nic-is-ready");

    private NodeNic() {}

    public static void main(String... arguments) throws Exception {
        SimulatedNic nic = new SimulatedNic(SYSFS, Integer.parseInt(arguments[0]));
        new NamespaceKeeper(nic).start();
        KubernetesClient client = new KubernetesClientBuilder().build();
        SubnetRoutes.follow(client);
        KubeOvnDaemon daemon = new KubeOvnDaemon(client, nic, Path.of("/run/openvswitch/kube-ovn-daemon.sock"));
        Files.createFile(READY);
        daemon.serve();
    }
}
