package io.podoffload.webhook.cluster;

import io.podoffload.webhook.injection.Cluster;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What is known of the cluster, and whether that is everything yet. */
public interface ClusterView extends Cluster {

    /** What it waits for before its answers mean anything; empty when it knows all. */
    Optional<String> waitingFor();

    /** Completes when it knows all for the first time. */
    CompletableFuture<?> known();

    /** Completes when the Namespace is known, or normally after a while without it. */
    CompletableFuture<?> awaitNamespace(String name);

    /** A Namespace that is known, if there is one. */
    Optional<String> anyNamespace();
}
