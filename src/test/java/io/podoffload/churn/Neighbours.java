package io.podoffload.churn;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
import java.util.Map;
import java.util.Set;

/** What lives on the node beside the pods of the churn and is not the binder's: a virtual machine, and a VF that the host uses. */
final class Neighbours {

    static final int VFS = 2;
    static final String MACHINE = "virt-launcher-vm1-x2x4z";

    private final SimulatedCluster cluster;
    private final PciAddress ofHost;
    private final String representor;
    private final PciAddress ofMachine;
    private final String row;
    private final String before;

    /** Takes the last VF of the NIC for the host, and the first for the machine. */
    Neighbours(SimulatedCluster cluster) {
        this.cluster = cluster;
        ofHost = cluster.nic().pciAddresses().get(cluster.nic().pciAddresses().size() - 1);
        representor = cluster.nic().representor(ofHost);
        cluster.offer(ofHost, false);
        cluster.stopBinder();
        String netdev = cluster.nic().netdev(ofHost);
        Programs.run("ip", "link", "set", representor, "up", "alias", "theirs");
        Programs.run("ip", "link", "set", netdev, "up", "mtu", "1300", "alias", "storage");
        Programs.run("ip", "address", "add", "192.168.9.9/24", "dev", netdev);
        cluster.startBinder();
        cluster.useCni(CniMode.KUBE_OVN);
        Pod machine = cluster.awaitBound(
                cluster.create(new PodBuilder()
                        .withNewMetadata()
                        .withName(MACHINE)
                        .addToLabels("pod-offload.io/enabled", "true")
                        .addToAnnotations("default.default.ovn.kubernetes.io/virtualmachine", "vm1")
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("compute")
                        .withImage("docker.io/library/nginx:alpine")
                        .endContainer()
                        .endSpec()
                        .build()),
                "Adopted");
        ofMachine = new PciAddress(cluster.vfOf(machine));
        row = cluster.ovs().interfacesWith("pod_name", "vm1").get(0);
        before = now();
    }

    /** PCI addresses of their VFs. */
    Set<String> vfs() {
        return Set.of(ofHost.value(), ofMachine.value());
    }

    /** Name of the machine's port. */
    String port() {
        return row;
    }

    /** How they differ from what they were; empty if they do not. */
    String difference() {
        String now = now();
        return now.equals(before) ? "" : "what is not the binder's was\n" + before + "and is\n" + now;
    }

    private String now() {
        Map<String, String> ids = cluster.ovs().rows().getOrDefault(row, Map.of());
        return ids + "\n" + link(row) + link(representor) + link(cluster.nic().netdev(ofHost))
                + Programs.run(
                        "ip", "-o", "-4", "address", "show", cluster.nic().netdev(ofHost));
    }

    private static String link(String name) {
        return Programs.run("ip", "-o", "-d", "link", "show", name);
    }
}
