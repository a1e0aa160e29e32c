package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Opted-in pods are deleted, also by force and with their Namespace, and others take their names at once. */
class DeletionStory {

    @BeforeAll
    static void install() {
        Release.ensure();
    }

    @AfterEach
    void remove() {
        Cluster.kubectl("delete", "pod", "--all", "--wait");
        Cluster.kubectl("delete", "namespace", "team", "--ignore-not-found", "--wait", "--timeout=180s");
        Agreement.awaitReported();
    }

    @AfterAll
    static void nothingIsLeft() {
        Agreement.awaitNothing();
    }

    @Test
    void aPodTakesTheNameOfOneThatWasDeleted() {
        Cluster.apply(OptedIn.pod("web", "node1"));
        Cluster.apply(OptedIn.pod("client", "node2"));
        awaitReady("web", "client");
        String first = uid("web");

        Cluster.kubectl("delete", "pod", "web", "--wait");
        Cluster.apply(OptedIn.pod("web", "node1"));

        awaitReady("web");
        assertThat(uid("web")).isNotEqualTo(first);
        Agreement.await();
        pingFromClient();
    }

    /** The API server forgets the first pod while its sandbox still runs, and both have the same iface-id and address object. */
    @Test
    void aPodTakesTheNameOfOneThatWasDeletedByForce() {
        Cluster.apply(OptedIn.stubborn("web", "node1"));
        Cluster.apply(OptedIn.pod("client", "node2"));
        awaitReady("web", "client");
        String first = uid("web");

        Cluster.kubectl("delete", "pod", "web", "--grace-period=0", "--force");
        Cluster.apply(OptedIn.pod("web", "node1"));

        awaitReady("web");
        assertThat(uid("web")).isNotEqualTo(first);
        Agreement.await();
        pingFromClient();
    }

    @Test
    void allPodsOfANodeAreDeletedByForce() {
        for (String name : new String[] {"one", "two", "three", "four"}) {
            Cluster.apply(OptedIn.stubborn(name, "node1"));
        }
        awaitReady("one", "two", "three", "four");

        Cluster.kubectl("delete", "pod", "--all", "--grace-period=0", "--force");
        for (String name : new String[] {"five", "six", "seven", "eight"}) {
            Cluster.apply(OptedIn.pod(name, "node1"));
        }

        awaitReady("five", "six", "seven", "eight");
        Agreement.await();
    }

    @Test
    void aNamespaceIsDeletedWithItsPods() {
        Cluster.kubectl("create", "namespace", "team");
        Cluster.kubectl("-n", "team", "wait", "--for=create", "serviceaccount/default", "--timeout=30s");
        Cluster.applyIn("team", OptedIn.pod("web", "node1"));
        Cluster.applyIn("team", OptedIn.pod("client", "node2"));
        Cluster.kubectl("-n", "team", "wait", "--for=condition=Ready", "pod/web", "pod/client", "--timeout=120s");
        Agreement.await();

        Cluster.kubectl("delete", "namespace", "team", "--wait", "--timeout=180s");

        Agreement.await();
    }

    private static void awaitReady(String... pods) {
        for (String pod : pods) {
            Cluster.kubectl("wait", "--for=condition=Ready", "pod/" + pod, "--timeout=120s");
        }
    }

    private static String uid(String pod) {
        return Cluster.get("pod", pod).at("/metadata/uid").asString();
    }

    private static void pingFromClient() {
        JsonNode web = Cluster.get("pod", "web");
        Pods.assertPings("client", Pods.address(web));
    }
}
