package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
import io.podoffload.sim.SimulatedCluster.Printed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who keeps {@code prepare} from changing a NIC, and who only delays it. */
class PreparationGuardsIT {

    @RegisterExtension
    static final OneNode NODE = new OneNode(
            "preparation-guards",
            SimulatedCluster.Options.DEFAULT.withValues(
                    "nodePreparation: {enabled: true, pfs: [{netdev: enp3s0f0, vfs: 4, mtu: 1500}]}"));

    private final SimulatedCluster cluster = NODE.cluster();

    /** Smaller than packets that pods send, and refused for as long as one of them runs. */
    @Test
    void anMtuIsNotMadeSmallerUnderAPod() {
        cluster.useCni(CniMode.OTHER);
        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("large-packets")), "Bound");
        Programs.run("ip", "link", "set", "enp3s0f0", "mtu", "9000");
        try {
            Printed refused = cluster.runBinderCommandAs("pod-offload-node-binder", "prepare");

            assertThat(refused.text()).contains("PF 0000:03:00.0: refused", "default/large-packets");
            assertThat(refused.exitCode()).isNotZero();
            assertThat(Programs.run("ip", "link", "show", "enp3s0f0")).contains("mtu 9000");
            cluster.delete(pod);
            NODE.assertAsAtFirst("the pod is gone");
            assertThat(cluster.runBinderCommandAs("pod-offload-node-binder", "prepare")
                            .exitCode())
                    .isZero();
            assertThat(Programs.run("ip", "link", "show", "enp3s0f0")).contains("mtu 1500");
        } finally {
            Programs.run("ip", "link", "set", "enp3s0f0", "mtu", "1500");
        }
    }

    /** As when a node boots. */
    @Test
    void aKubeletThatComesLateIsWaitedFor() throws Exception {
        Programs.run("ip", "link", "set", "enp3s0f0", "mtu", "9000");
        ExecutorService caller = Executors.newSingleThreadExecutor();
        try {
            List<Future<Printed>> prepared = new ArrayList<>();
            cluster.withoutKubeletSocket(() -> {
                prepared.add(caller.submit(() -> cluster.runBinderCommandAs("pod-offload-node-binder", "prepare")));
                Awaitility.await()
                        .during(Duration.ofSeconds(8))
                        .atMost(OneNode.SOON)
                        .untilAsserted(() -> {
                            assertThat(prepared.get(0).isDone()).isFalse();
                            assertThat(Programs.run("ip", "link", "show", "enp3s0f0"))
                                    .contains("mtu 9000");
                        });
            });

            Printed done = prepared.get(0).get();
            assertThat(done.exitCode()).isZero();
            assertThat(done.text() + done.error()).contains("asking again");
            assertThat(Programs.run("ip", "link", "show", "enp3s0f0")).contains("mtu 1500");
        } finally {
            caller.shutdownNow();
            Programs.run("ip", "link", "set", "enp3s0f0", "mtu", "1500");
        }
    }
}
