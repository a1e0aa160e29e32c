package io.podoffload.webhook.injection;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A container whose devices count for the whole life of the pod.
 *
 * @param path JSON Pointer to the container, for example {@code /spec/containers/0}
 * @param hasResources whether {@code resources} is there and an object
 * @param limits {@code resources.limits}, quantities as text
 * @param requests {@code resources.requests}, quantities as text
 */
public record ContainerFacts(
        String path, boolean hasResources, Map<String, String> limits, Map<String, String> requests) {

    public ContainerFacts {
        limits = Map.copyOf(limits);
        requests = Map.copyOf(requests);
    }

    boolean asksFor(String resource) {
        return limits.containsKey(resource) || requests.containsKey(resource);
    }

    /** Limit and request must be equal for an extended resource, so whichever is there gives the other. */
    String quantityOf(String resource, String otherwise) {
        @Nullable String quantity = limits.getOrDefault(resource, requests.get(resource));
        return quantity == null ? otherwise : quantity;
    }
}
