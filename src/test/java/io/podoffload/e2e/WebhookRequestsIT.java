package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.podoffload.sim.RequestLog;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How often two replicas of the webhook ask the API server. */
@SuppressWarnings("NullAway.Init") // set before each test
class WebhookRequestsIT {

    private static final String WEBHOOK = "pod-offload-webhook";
    private static final long RENEWALS = 5;

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

    private Map<String, Long> requests() {
        return replicas.api().requests().of(WEBHOOK);
    }

    @Test
    void atRestTheHolderRenewsTheLeaseAndNothingElseIsAsked() {
        replicas.launch("--pod-offload.certificates.lease-duration=6s");
        replicas.awaitLeader();
        awaitCertificatesAreDone();
        RequestLog log = replicas.api().requests();
        log.clear();
        long begin = System.nanoTime();

        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> requests().getOrDefault("patch leases", 0L) >= RENEWALS);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);

        assertThat(requests()).as("both replicas together").containsOnlyKeys("patch leases");
        assertThat(took)
                .as("one request for each third of the lease's duration")
                .isGreaterThan(Duration.ofSeconds(2 * (RENEWALS - 1)));
    }

    @Test
    void aReplicaThatStartsDoesNotTryToCreateTheLeaseThatIsThere() {
        replicas.api()
                .client()
                .resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withNamespace("pod-offload")
                        .withName("pod-offload-webhook-certificates")
                        .endMetadata()
                        .withNewSpec()
                        .withHolderIdentity("replica-7-dead")
                        .endSpec()
                        .build())
                .create();

        replicas.launch("--pod-offload.certificates.lease-duration=6s");

        assertThat(replicas.awaitLeader()).isLessThan(2);
        assertThat(requests().keySet()).noneMatch(request -> request.startsWith("create leases"));
    }

    /** The leader looks again within 5 s while there is something to do. */
    private void awaitCertificatesAreDone() {
        AtomicReference<Long> before = new AtomicReference<>(0L);
        Awaitility.await()
                .during(Duration.ofSeconds(6))
                .atMost(Duration.ofSeconds(60))
                .until(() -> {
                    Long looks = requests().getOrDefault("get secrets", 0L);
                    return looks.equals(before.getAndSet(looks)) && looks > 0;
                });
    }
}
