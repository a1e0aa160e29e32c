package io.podoffload.demo;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.podoffload.sim.OpenVSwitch;
import io.podoffload.sim.SimulatedCluster;
import java.util.ArrayList;
import java.util.List;

/** The chain of each pod: pod, VF, representor, OVS port, OVN. */
final class PodTable {

    private static final List<String> HEADING =
            List.of("POD", "PHASE", "BOUND", "VF", "REPRESENTOR", "OFPORT", "OVN PORT", "OVN");

    private final SimulatedCluster cluster;

    PodTable(SimulatedCluster cluster) {
        this.cluster = cluster;
    }

    List<List<String>> rows(List<Pod> pods) {
        List<List<String>> rows = new ArrayList<>(List.of(HEADING));
        pods.forEach(pod -> rows.add(row(pod)));
        return rows;
    }

    private List<String> row(Pod created) {
        Pod pod = cluster.client()
                .pods()
                .inNamespace("default")
                .withName(created.getMetadata().getName())
                .get();
        if (pod == null) {
            return List.of(created.getMetadata().getName(), "gone", "", "", "", "", "", "");
        }
        OpenVSwitch ovs = cluster.ovs();
        String representor = ovs
                .interfacesWith("pod-offload-pod-uid", pod.getMetadata().getUid())
                .stream()
                .findFirst()
                .orElse("");
        String phase =
                pod.getStatus() == null ? "" : String.valueOf(pod.getStatus().getPhase());
        String bound = SimulatedCluster.bound(pod).map(PodCondition::getReason).orElse("-");
        if (representor.isEmpty()) {
            return List.of(pod.getMetadata().getName(), phase, bound, "-", "-", "-", "-", "-");
        }
        String ovnPort = ovs.externalId(representor, "iface-id");
        return List.of(
                pod.getMetadata().getName(),
                phase,
                bound,
                ovs.externalId(representor, "pod-offload-pci"),
                representor,
                ovs.column(representor, "ofport"),
                ovnPort.isEmpty() ? "-" : ovnPort,
                !ovnPort.isEmpty() && cluster.ovn().isUp(ovnPort) ? "up" : "down");
    }
}
