package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How much the release asks of the API server. These counts may only fall. */
class CountsStory {

    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final Set<String> WATCHED = Set.of(
            "pods", "nodes", "configmaps", "namespaces", "network-attachment-definitions", "customresourcedefinitions");

    @BeforeAll
    static void install() {
        Release.ensure();
        Agreement.awaitNothing();
        awaitQuiet();
    }

    /** Until nothing was asked for 15 s but to renew the Lease. */
    private static void awaitQuiet() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(180))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> AuditLog.between(Instant.now().minusSeconds(15), Instant.MAX).stream()
                        .allMatch(request -> request.resource().equals("leases")));
    }

    @Test
    void atRestTheWebhookRenewsItsLeaseAndTheBindersAskNothing() {
        // what the story before left to report is reported within a minute, at most
        List<AuditLog.Request> requests = Awaitility.await()
                .atMost(MINUTE.multipliedBy(6))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> AuditLog.between(Instant.now().minus(MINUTE), Instant.MAX), CountsStory::isWithoutBinders);

        System.out.println("requests of a minute at rest, on three nodes:\n" + AuditLog.table(requests));
        assertThat(requests).hasSizeBetween(1, 6);
        assertHarmless(requests);
    }

    private static boolean isWithoutBinders(List<AuditLog.Request> requests) {
        return requests.stream().noneMatch(request -> request.account().equals("node-binder"));
    }

    @Test
    void aPodCostsFourRequestsFromCreateToDelete() {
        int pods = 3;
        Instant begin = Instant.now();
        for (int index = 0; index < pods; index++) {
            String name = "counted-" + index;
            Cluster.apply(OptedIn.pod(name, "node1"));
            Cluster.kubectl("wait", "--for=condition=Ready", "pod/" + name, "--timeout=120s");
            assertThat(Pods.bound(Cluster.get("pod", name))).isEqualTo("Adopted");
            Cluster.kubectl("delete", "pod", name, "--wait");
            Agreement.awaitNothing();
        }

        List<AuditLog.Request> requests = AuditLog.between(begin, Instant.now()).stream()
                .filter(request -> !request.resource().equals("leases"))
                .toList();

        System.out.println("requests of " + pods + " pods, from create to delete:\n" + AuditLog.table(requests));
        assertThat(requests).hasSizeBetween(pods, 4 * pods);
        assertHarmless(requests);
    }

    /** None is refused, and none asks for what is watched. */
    private static void assertHarmless(List<AuditLog.Request> requests) {
        assertThat(requests)
                .allSatisfy(
                        request -> assertThat(request.code()).as(request.kind()).isLessThan(300))
                .noneMatch(request -> request.verb().matches("get|list") && WATCHED.contains(request.resource()));
    }
}
