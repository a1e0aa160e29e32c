package io.podoffload.cluster;

import io.podoffload.sim.Programs.ProgramFailed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.core.ConditionTimeoutException;

/** Churn on the cluster that is up: {@code ClusterChurn EVENTS SEED}. It ends with 1 where the cluster's parts do not agree. */
public final class ClusterChurn {

    private static final int SETTLES_EVERY = 25;

    private ClusterChurn() {}

    public static void main(String... arguments) {
        Release.ensure();
        Optional<String> difference = run(Integer.parseInt(arguments[0]), Long.parseLong(arguments[1]));
        System.out.println(difference.orElse("churn: all agree, and nothing is left"));
        System.exit(difference.isPresent() ? 1 : 0);
    }

    /** Lets so much happen. Returns what does not agree at the end or in between, with what had happened. */
    static Optional<String> run(int events, long seed) {
        System.out.println("churn: " + events + " events, seed " + seed);
        List<String> happened = new ArrayList<>();
        ChurnedCluster.begin();
        try {
            for (Happening happening : Happening.of(seed, events)) {
                happened.add(happened.size() + 1 + " " + happening);
                System.out.println("churn: " + happened.get(happened.size() - 1));
                ChurnedCluster.happen(happening);
                if (happened.size() % SETTLES_EVERY == 0 || happened.size() == events) {
                    ChurnedCluster.settle();
                    Agreement.awaitReported();
                }
            }
            ChurnedCluster.end();
            Agreement.awaitNothing();
            return Optional.empty();
        } catch (ConditionTimeoutException | ProgramFailed e) {
            return Optional.of("churn: after\n%s\n%s\n%s"
                    .formatted(
                            String.join("\n", happened),
                            e.getMessage(),
                            Cluster.kubectl("get", "pods", "--all-namespaces", "--output=wide")));
        }
    }
}
