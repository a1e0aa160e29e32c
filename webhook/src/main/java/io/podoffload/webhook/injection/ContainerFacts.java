package io.podoffload.webhook.injection;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A container whose devices count for the whole life of the pod: a regular one, or a restartable init container.
 *
 * @param path JSON Pointer to the container, for example {@code /spec/containers/0}
 * @param name empty where it has none
 * @param regular whether it is one of {@code spec.containers}
 * @param hasResources whether {@code resources} is there and an object
 * @param limits {@code resources.limits}, quantities as text; null where there is no such object
 * @param requests {@code resources.requests}, quantities as text; null where there is no such object
 */
public record ContainerFacts(
        String path,
        String name,
        boolean regular,
        boolean hasResources,
        @Nullable Map<String, String> limits,
        @Nullable Map<String, String> requests) {

    boolean asksFor(String resource) {
        return quantityOf(resource) != null;
    }

    /** Limit and request must be equal for an extended resource, so whichever is there tells the other. */
    @Nullable
    String quantityOf(String resource) {
        String limit = limits == null ? null : limits.get(resource);
        return limit != null || requests == null ? limit : requests.get(resource);
    }
}
