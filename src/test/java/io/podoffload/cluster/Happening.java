package io.podoffload.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One thing that happens to a cluster under churn. */
sealed interface Happening {

    /** A workload gets another number of pods. */
    record Scale(String workload, int replicas) implements Happening {}

    /**
     * A pod is deleted.
     *
     * @param index among the pods that are there then, modulo their number
     * @param force with a grace of 0, as {@code --force} does
     */
    record Delete(int index, boolean force) implements Happening {}

    /** All pods of a workload are replaced. */
    record Roll(String workload) implements Happening {}

    record Cordon(String node) implements Happening {}

    record Uncordon(String node) implements Happening {}

    /** A program ends by SIGKILL, and is started again. */
    record Kill(String program) implements Happening {}

    /** A pod of the release is deleted: {@code webhook} or {@code node-binder}. */
    record Replace(String component) implements Happening {}

    /** The same seed gives the same. */
    static List<Happening> of(long seed, int count) {
        Random random = new Random(seed);
        List<Happening> all = new ArrayList<>();
        while (all.size() < count) {
            all.add(one(random));
        }
        return List.copyOf(all);
    }

    private static Happening one(Random random) {
        String workload = random.nextBoolean() ? ChurnWorkloads.DEPLOYMENT : ChurnWorkloads.STATEFUL_SET;
        int chance = random.nextInt(100);
        if (chance < 25) {
            int most = workload.equals(ChurnWorkloads.DEPLOYMENT) ? 6 : 2;
            return new Scale(workload, random.nextInt(most + 1));
        }
        if (chance < 50) {
            return new Delete(random.nextInt(8), random.nextInt(3) == 0);
        }
        if (chance < 60) {
            return new Roll(workload);
        }
        if (chance < 70) {
            String node = among(random, Cluster.NODES_WITH_VFS);
            return random.nextBoolean() ? new Cordon(node) : new Uncordon(node);
        }
        if (chance < 93) {
            return new Kill(
                    random.nextInt(3) == 0
                            ? among(random, ChurnWorkloads.PROGRAMS)
                            : among(random, Cluster.NODES_WITH_VFS) + "."
                                    + among(random, ChurnWorkloads.PROGRAMS_OF_A_NODE));
        }
        return new Replace(random.nextBoolean() ? "webhook" : "node-binder");
    }

    private static String among(Random random, List<String> all) {
        return all.get(random.nextInt(all.size()));
    }
}
