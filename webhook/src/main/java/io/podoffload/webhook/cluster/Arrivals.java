package io.podoffload.webhook.cluster;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Those who wait for a Namespace: a pod and its Namespace come from the same API server, but on two ways. */
final class Arrivals implements ResourceEventHandler<Namespace> {

    private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();
    private final Duration patience;

    private record Waiting(String name, CompletableFuture<Void> arrived) {}

    Arrivals(Duration patience) {
        this.patience = patience;
    }

    /** Completes when it is known, or normally after a while without it. */
    CompletableFuture<Void> await(String name, Predicate<String> known) {
        Waiting one = new Waiting(name, new CompletableFuture<>());
        waiting.add(one);
        if (known.test(name)) {
            one.arrived.complete(null); // it came before we were listening
        }
        return one.arrived
                .completeOnTimeout(null, patience.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((nothing, failure) -> waiting.remove(one));
    }

    @Override
    public void onAdd(Namespace namespace) {
        String name = namespace.getMetadata().getName();
        waiting.stream().filter(one -> one.name.equals(name)).forEach(one -> one.arrived.complete(null));
    }

    @Override
    public void onUpdate(Namespace before, Namespace namespace) {}

    @Override
    public void onDelete(Namespace namespace, boolean finalStateUnknown) {}
}
