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
        ChurnWorkloads.end(); // a run that failed leaves its workloads
        Optional<String> difference = run(Integer.parseInt(arguments[0]), Long.parseLong(arguments[1]));
        System.out.println(difference.orElse("churn: all agree, and nothing is left"));
        System.exit(difference.isPresent() ? 1 : 0);
    }

    /** Makes this number of events happen. Returns the events so far and the difference where the parts do not agree. */
    static Optional<String> run(int events, long seed) {
        System.out.println("churn: " + events + " events, seed " + seed);
        List<String> happened = new ArrayList<>();
        ChurnWorkloads.begin();
        try {
            for (Happening happening : Happening.of(seed, events)) {
                happened.add(happened.size() + 1 + " " + happening);
                System.out.println("churn: " + happened.get(happened.size() - 1));
                ChurnWorkloads.happen(happening);
                if (happened.size() % SETTLES_EVERY == 0 || happened.size() == events) {
                    ChurnWorkloads.settle();
                    Agreement.awaitReported();
                }
            }
            ChurnWorkloads.end();
            Agreement.awaitNothing();
            return Optional.empty();
        } catch (ConditionTimeoutException | ProgramFailed e) {
            return Optional.of("churn: after\n%s\n%s\n%s".formatted(String.join("\n", happened), e, pods()));
        }
    }

    private static String pods() {
        try {
            return Cluster.kubectl("get", "pods", "--all-namespaces", "--output=wide");
        } catch (ProgramFailed e) {
            return e.toString(); // the difference matters more
        }
    }
}
