package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.sim.JavaProgram;
import io.podoffload.sim.Programs;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a replica of the webhook ends: its Lease first, its last request last. */
@SuppressWarnings("NullAway.Init") // set before each test
class WebhookEndIT {

    private static final String DRAINING = "new requests are sent elsewhere";
    private static final String LEADS = "this replica renews the certificates";

    private static final String LEASE_DURATION = "--pod-offload.certificates.lease-duration=30s";

    /** Longer than any replica waits before it asks for the Lease. */
    private static final Duration ASKS_WITHIN = Duration.ofSeconds(12);

    private static final Duration AT_ONCE = Duration.ofSeconds(5);
    private static final String REVIEW = """
            {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",
             "request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE","namespace":"default",
              "object":{"metadata":{"labels":{"pod-offload.io/enabled":"true"}},
                        "spec":{"containers":[{"name":"c","resources":{}}]}}}}""";

    private Replicas replicas;

    @BeforeEach
    void makeCluster() throws Exception {
        replicas = new Replicas();
    }

    @AfterEach
    void stop() {
        replicas.close();
        assertThat(replicas.api().denied())
                .as("what the chart's roles do not allow")
                .isEmpty();
    }

    private static void awaitPrinted(JavaProgram program, String line) {
        Awaitility.await().atMost(AT_ONCE).until(() -> program.printed().contains(line));
    }

    @Test
    void theLeaderGivesTheLeaseBackWhenItsDrainBegins() {
        replicas.launch(Duration.ofSeconds(10));
        int leader = replicas.awaitLeader();
        JavaProgram ending = replicas.program(leader);

        ending.terminate();
        Awaitility.await().atMost(AT_ONCE).until(() -> replicas.leader() == 1 - leader);

        assertThat(ending.isAlive()).as("it still answers").isTrue();
        awaitPrinted(replicas.program(1 - leader), LEADS);
    }

    @Test
    void aReplicaThatIsEndingTakesNoLease() {
        replicas.launch(ASKS_WITHIN, LEASE_DURATION);
        int leader = replicas.awaitLeader();
        JavaProgram ending = replicas.program(1 - leader);

        ending.terminate();
        awaitPrinted(ending, DRAINING);
        replicas.program(leader).kill();
        replicas.lease().delete();
        ending.awaitEnd();

        assertThat(replicas.lease().get()).isNull();
        assertThat(ending.printed()).doesNotContain(LEADS);
    }

    @Test
    void afterTheUninstallHookNoReplicaMakesTheLeaseAgain() throws Exception {
        replicas.launch(LEASE_DURATION);
        replicas.awaitLeader();

        deleteAsTheHookDoes(); // the replicas are signalled only when it has ended
        Awaitility.await()
                .during(ASKS_WITHIN)
                .atMost(ASKS_WITHIN.multipliedBy(2))
                .until(() -> replicas.lease().get() == null);
        for (int number = 0; number < 2; number++) {
            replicas.program(number).terminate();
        }
        for (int number = 0; number < 2; number++) {
            replicas.program(number).onEnd().get(60, TimeUnit.SECONDS);
        }

        assertThat(replicas.lease().get()).isNull();
        assertThat(replicas.secret().get()).isNull();
    }

    @Test
    void aLeaderThatDidNotSeeTheUninstallHookGivesNoLeaseBackThatIsGone() throws Exception {
        replicas.launch(LEASE_DURATION);
        int leader = replicas.awaitLeader();
        String pid = String.valueOf(replicas.program(leader).pid());

        Programs.signal("STOP", pid); // it learns of the deletions and of its end at once
        try {
            deleteAsTheHookDoes();
            replicas.program(1 - leader).terminate();
            replicas.program(leader).terminate();
        } finally {
            Programs.signal("CONT", pid);
        }
        for (int number = 0; number < 2; number++) {
            replicas.program(number).onEnd().get(60, TimeUnit.SECONDS);
        }

        assertThat(replicas.lease().get()).isNull();
        assertThat(replicas.secret().get()).isNull();
        assertThat(replicas.program(leader).printed()).doesNotContain("is given back");
    }

    /** In its order. */
    private void deleteAsTheHookDoes() {
        replicas.configuration().delete();
        replicas.secret().delete();
        replicas.lease().delete();
    }

    @Test
    void theLastRequestIsAnsweredAndThenTheProcessEnds() throws Exception {
        replicas.launch();
        int number = replicas.awaitLeader();
        JavaProgram ending = replicas.program(number);
        int port = Replicas.FIRST_PORT + number;
        try (KeptConnection idle = new KeptConnection(port);
                KeptConnection last = new KeptConnection(port)) {
            assertThat(idle.post(REVIEW)).startsWith("HTTP/1.1 200");
            last.begin(REVIEW);

            ending.terminate();
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !accepts(port));
            assertThat(ending.isAlive()).as("a request is under way").isTrue();
            assertThat(last.finish(REVIEW)).startsWith("HTTP/1.1 200");

            ending.onEnd().get(AT_ONCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void anEndingLeaderDoesNotWaitForAnApiServerThatIsAway() throws Exception {
        replicas.launch();
        int leader = replicas.awaitLeader();
        JavaProgram ending = replicas.program(leader);
        int port = Replicas.FIRST_PORT + leader;

        replicas.api().beginOutage();
        try {
            ending.terminate();
            Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> !accepts(port));
            ending.onEnd().get(AT_ONCE.toSeconds(), TimeUnit.SECONDS);
        } finally {
            replicas.api().endOutage();
        }
    }

    @Test
    void aReplicaThatWasStarvedServesOnAndLeadsNoMore() throws Exception {
        replicas.launch(LEASE_DURATION);
        int leader = replicas.awaitLeader();
        JavaProgram starved = replicas.program(leader);

        Programs.signal("STOP", String.valueOf(starved.pid()));
        try {
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> replicas.leader() == 1 - leader);
        } finally {
            Programs.signal("CONT", String.valueOf(starved.pid()));
        }

        try (KeptConnection api = new KeptConnection(Replicas.FIRST_PORT + leader)) {
            assertThat(api.post(REVIEW)).startsWith("HTTP/1.1 200");
        }
        Awaitility.await()
                .during(ASKS_WITHIN)
                .atMost(ASKS_WITHIN.multipliedBy(2))
                .until(() -> replicas.leader() == 1 - leader);
    }

    private static boolean accepts(int port) throws IOException {
        try (Socket socket = new Socket("localhost", port)) {
            return socket.isConnected();
        } catch (ConnectException refused) {
            return false;
        }
    }
}
