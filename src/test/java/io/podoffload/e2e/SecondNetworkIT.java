package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.SimulatedCluster;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

/** Pods that have a VF by themselves, for a second network of Kube-OVN only: nothing was promised to them, and the binder adopts their VF. */
class SecondNetworkIT {

    @RegisterExtension
    static final OneNode NODE = new OneNode("second-network");

    private static final Duration KUBE_OVNS_MINUTE = Duration.ofSeconds(65);

    private final SimulatedCluster cluster = NODE.cluster();

    @BeforeEach
    void useCni() {
        cluster.useCni(CniMode.KUBE_OVN_SECOND);
    }

    private Pod create(String name) {
        Pod pod = cluster.await(
                cluster.create(new PodBuilder(Pods.withVf(name))
                        .editMetadata()
                        .addToAnnotations("k8s.v1.cni.cncf.io/networks", "default/storage")
                        .endMetadata()
                        .build()),
                now -> now.getStatus() != null
                        && "Running".equals(now.getStatus().getPhase()));
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(reason(pod)).isEqualTo("Adopted"));
        return pod;
    }

    private String reason(Pod pod) {
        String pci = cluster.vfOf(pod);
        return JsonMapper.shared()
                .readTree(cluster.askBinder("/state"))
                .path("vfs")
                .valueStream()
                .filter(vf -> vf.path("pci").asString().equals(pci))
                .findFirst()
                .orElseThrow()
                .path("reason")
                .asString();
    }

    /** {@code <8 digits of the sandbox>_net1_h}. */
    private String row(Pod pod) {
        return cluster.ovs()
                .interfacesWith("pod_name", pod.getMetadata().getName())
                .get(0);
    }

    @Test
    void itIsAdoptedAndSaidToBe() {
        Pod pod = create("adopted");

        assertThat(row(pod)).endsWith("_net1_h");
        cluster.awaitBound(pod, "Adopted");
        NODE.assertEvents(pod, "Adopted");
        cluster.delete(pod);
        NODE.assertAsAtFirst("the pod is gone");
    }

    @Test
    void aRowOfItThatIsLostComesBackAsItWas() {
        Pod pod = create("lost");
        String row = row(pod);
        Map<String, String> before = NODE.keysOfTheCni(row);

        cluster.ovs().vsctl("del-port", "br-int", row);

        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(NODE.keysOfTheCni(row)).isEqualTo(before));
    }

    /** As where Multus is gone when the pod ends. */
    @Test
    void aRowOfItThatItsCniLeavesBehindGoes() {
        Pod pod = create("left-behind");
        String row = row(pod);
        cluster.letCniDelRun(false);
        try {
            cluster.delete(pod);
            Awaitility.await()
                    .atMost(KUBE_OVNS_MINUTE.plus(OneNode.SOON))
                    .untilAsserted(() -> assertThat(cluster.ovs().ports()).doesNotContain(row));
        } finally {
            cluster.letCniDelRun(true);
        }
    }
}
