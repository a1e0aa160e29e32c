package io.podoffload.certs.renewal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever happens in two lives of an authority, no API server ever refuses a replica. */
class RenewalPropertiesTest {

    private final long seed = Long.getLong("seed", new Random().nextLong());

    private enum Event {
        NOTHING(20),
        SECRET_DELETED(2),
        ENTRY_LOST(3),
        LEADER_CHANGED(4),
        REPLICA_STUCK(3),
        REPLICA_FREED(6);

        private final int weight;

        Event(int weight) {
            this.weight = weight;
        }

        static Event any(Random random) {
            int left = random.nextInt(38);
            for (Event event : values()) {
                left -= event.weight;
                if (left < 0) {
                    return event;
                }
            }
            throw new AssertionError();
        }
    }

    @Test
    void noCallIsLostInTwoLivesOfAnAuthority() {
        for (int run = 0; run < 2; run++) {
            Random random = new Random(seed + run);
            ModelCluster cluster = new ModelCluster(1 + random.nextInt(3));
            cluster.settle(Duration.ofHours(1));
            cluster.pass(Duration.ofHours(1));
            Instant end = cluster.now.plus(ModelCluster.LIFETIMES.authority().multipliedBy(2));
            while (cluster.now.isBefore(end)) {
                happen(Event.any(random), cluster, random);
                RenewalStep step = cluster.look();
                assertThat(cluster.refusal()).as("seed %d, run %d", seed, run).isEmpty();
                if (step instanceof RenewalStep.Wait wait) {
                    // nobody looks more often than once an hour, except where the planner says so; some days are
                    // skipped
                    boolean calm = wait.atMost().compareTo(Duration.ofHours(1)) >= 0;
                    if (calm) {
                        happen(Event.REPLICA_FREED, cluster, random); // none is left stuck for weeks
                    }
                    cluster.pass(calm ? Duration.ofHours(1 + random.nextInt(20 * 24)) : wait.atMost());
                    cluster.follow();
                    assertThat(cluster.refusal())
                            .as("seed %d, run %d", seed, run)
                            .isEmpty();
                }
            }
            assertThat(cluster.history).as("seed %d, run %d", seed, run).hasSizeGreaterThan(50);
        }
    }

    private static void happen(Event event, ModelCluster cluster, Random random) {
        switch (event) {
            case NOTHING -> {}
            case SECRET_DELETED -> cluster.secret = new HashMap<>();
            case ENTRY_LOST -> {
                List<String> entries = List.copyOf(Keyring.EMPTY.entries().keySet());
                cluster.secret.put(entries.get(random.nextInt(entries.size())), "");
            }
            case LEADER_CHANGED -> cluster.changeLeader();
            case REPLICA_STUCK ->
                any(cluster, random).stuck = Keyring.read(cluster.secret).isWhole() && random.nextInt(4) == 0;
            case REPLICA_FREED -> {
                cluster.replicas.forEach(replica -> replica.stuck = false);
                cluster.follow();
            }
        }
    }

    private static ModelCluster.Replica any(ModelCluster cluster, Random random) {
        return cluster.replicas.get(random.nextInt(cluster.replicas.size()));
    }
}
