package io.podoffload.bench;

import io.podoffload.sim.Programs;
import io.podoffload.sim.StagedNode;
import io.podoffload.sim.StagedNode.Staged;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The worst that pods of other teams may do to the binder of their node: annotations of 15 MiB in all, those that the binder reads
 * among them, which are edited all the time; and ifaliases, written inside the pods, that name the VF of another.
 */
final class Tenants implements AutoCloseable {

    private static final int OTHERS = 40;
    private static final int LONG = 250 * 1024;
    private static final long MILLIS_BETWEEN_EDITS = 250;
    private static final String PREFIX = "default.default.ovn.kubernetes.io/";

    private final StagedNode node;
    private final List<Staged> holders;
    private final ScheduledExecutorService editor = Executors.newSingleThreadScheduledExecutor();
    private int edits;

    /**
     * Begins at once.
     *
     * @param holders bound pods
     * @param victim the VF that their aliases name
     */
    Tenants(StagedNode node, List<Staged> holders, String victim) {
        this.node = node;
        this.holders = holders;
        for (int pod = 0; pod < OTHERS; pod++) {
            node.createPlainPod("hog" + pod, Map.of("example.com/hog", "x".repeat(LONG)));
        }
        for (Staged holder : holders) {
            node.annotate(
                    holder.pod(),
                    Map.of(
                            PREFIX + "gateway", ".".repeat(LONG / 2),
                            PREFIX + "routes", "[".repeat(LONG / 2),
                            PREFIX + "ip_address", "dead.beef"));
            Programs.runIn(
                    holder.netns(),
                    "ip",
                    "link",
                    "set",
                    "net1",
                    "alias",
                    "pod-offload pci=" + victim + " uid="
                            + holder.pod().getMetadata().getUid());
        }
        Future<?> unused = editor.scheduleWithFixedDelay(this::edit, 0, MILLIS_BETWEEN_EDITS, TimeUnit.MILLISECONDS);
    }

    private void edit() {
        edits++;
        node.annotate(holders.get(edits % holders.size()).pod(), Map.of(PREFIX + "mac_address", "no mac " + edits));
    }

    @Override
    public void close() {
        editor.shutdownNow();
    }
}
