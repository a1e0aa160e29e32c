package io.podoffload.cluster;

import io.podoffload.sim.Programs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Pods that are created one after the other, by kubectl, until it is enough. No node takes them, so that they need no VF. */
final class Creations {

    private static final String NAMESPACE = "creations";

    private final List<String> faults = new ArrayList<>(); // guarded by this
    private int created; // guarded by this
    private volatile boolean enough;
    private final CompletableFuture<Void> end;

    private Creations() {
        end = CompletableFuture.runAsync(this::create);
    }

    static Creations begin() {
        Cluster.kubectl("create", "namespace", NAMESPACE);
        Creations creations = new Creations();
        creations.awaitAnother();
        return creations;
    }

    private void create() {
        for (int number = 0; !enough; number++) {
            Programs.Ended ended = Programs.end(
                    Map.of(),
                    List.of(
                            "bash",
                            "-c",
                            "kubectl -n " + NAMESPACE + " create -o json -f - <<'END'\n"
                                    + OptedIn.pod("pod-" + number, "of-no-node") + "END"));
            note(number, ended);
        }
    }

    private synchronized void note(int number, Programs.Ended ended) {
        created++;
        if (ended.exitCode() != 0) {
            faults.add("pod " + number + " is refused: " + ended.error().strip());
        } else if (!isPatched(JsonMapper.shared().readTree(ended.output()))) {
            faults.add("pod " + number + " is not patched: " + ended.error().strip());
        }
    }

    private static boolean isPatched(JsonNode pod) {
        return pod.at("/metadata/annotations/v1.multus-cni.io~1default-network")
                        .asString("")
                        .equals("default/default")
                && pod.at("/spec/readinessGates/0/conditionType").asString("").equals("pod-offload.io/bound")
                && pod.at("/spec/containers/0/resources/requests/mellanox.com~1cx5_sriov_switchdev")
                        .asString("")
                        .equals("1");
    }

    synchronized int created() {
        return created;
    }

    /** Waits until a pod was created that was not begun yet. */
    void awaitAnother() {
        int before = created();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> created() > before + 1);
    }

    /** What was wrong with any of the pods so far. */
    synchronized List<String> faults() {
        return List.copyOf(faults);
    }

    void end() {
        enough = true;
        end.join();
        Cluster.kubectl("delete", "namespace", NAMESPACE, "--wait");
    }
}
