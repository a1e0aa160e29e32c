package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The release is changed, and goes back, while pods talk and others are created. */
class UpgradeStory {

    private static final String WEBHOOK = "--selector=app.kubernetes.io/component=webhook";

    private static TalkingPods pods;
    private static Creations creations;

    @BeforeAll
    static void begin() {
        Release.ensure();
        pods = TalkingPods.begin();
        creations = Creations.begin();
    }

    @AfterAll
    static void end() {
        creations.end();
        TalkingPods.end();
    }

    @Test
    void nothingIsLostByAnUpgradeAndByItsRollback() {
        List<String> before = programs();
        pods.losses();
        int created = creations.created();

        Release.ensure(
                "--set", "nodeBinder.podAnnotations.round=second", "--set", "webhook.podAnnotations.round=second");
        List<String> upgraded = programs();
        assertThat(upgraded).as("pods of both programs").hasSameSizeAs(before).doesNotContainAnyElementsOf(before);
        pods.assertUntouched();
        Ping.Losses upgrade = pods.losses();
        int meanwhile = creations.created() - created;

        Cluster.run("helm", "rollback", "pod-offload", "--namespace", Release.NAMESPACE);
        Release.awaitReady();
        creations.awaitAnother();
        assertThat(programs()).hasSameSizeAs(before).doesNotContainAnyElementsOf(upgraded);
        pods.assertUntouched();
        Ping.Losses rollback = pods.losses();

        System.out.printf(
                "upgrade: %d of %d packets lost, %d pods created; rollback: %d of %d lost, %d pods created%n",
                upgrade.lost(),
                upgrade.sent(),
                meanwhile,
                rollback.lost(),
                rollback.sent(),
                creations.created() - created - meanwhile);
        assertThat(upgrade.interrupted() || rollback.interrupted()).isFalse();
        assertThat(creations.faults()).isEmpty();
    }

    @Test
    void aReplicaOfTheWebhookEndsAndEveryPodIsPatched() {
        String replica = Cluster.kubectl(
                "-n", Release.NAMESPACE, "get", "pod", WEBHOOK, "-o", "jsonpath={.items[0].metadata.name}");
        int created = creations.created();

        Cluster.kubectl("-n", Release.NAMESPACE, "delete", "pod", replica, "--wait");
        Release.awaitReady();
        creations.awaitAnother();

        System.out.printf("a replica ended: %d pods created%n", creations.created() - created);
        assertThat(creations.faults()).isEmpty();
    }

    /** Names of the pods of both programs that are to stay. */
    private static List<String> programs() {
        return Cluster.get("-n", Release.NAMESPACE, "pods")
                .path("items")
                .valueStream()
                .filter(pod -> !pod.path("metadata").has("deletionTimestamp"))
                .map(pod -> pod.at("/metadata/name").asString())
                .toList();
    }
}
