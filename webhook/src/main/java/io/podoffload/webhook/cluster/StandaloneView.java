package io.podoffload.webhook.cluster;

import io.podoffload.webhook.injection.NamespaceFacts;
import io.podoffload.webhook.injection.NetworkFacts;
import io.podoffload.webhook.injection.NetworkRef;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** No cluster at all, for a first look: every Namespace is a plain one, and no network is known. */
@Component
@Profile("standalone")
final class StandaloneView implements ClusterView {

    @Override
    public NamespaceFacts namespace(String name) {
        return NamespaceFacts.PLAIN;
    }

    @Override
    public @Nullable NetworkFacts network(NetworkRef network) {
        return null;
    }

    @Override
    public boolean binderReports(String resource) {
        return true;
    }

    @Override
    public Optional<String> waitingFor() {
        return Optional.empty();
    }

    @Override
    public CompletableFuture<?> known() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<?> awaitNamespace(String name) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Optional<String> anyNamespace() {
        return Optional.of("default");
    }
}
