package io.podoffload.webhook.cluster;

import org.jspecify.annotations.Nullable;

/**
 * A pod that wanted a VF and gets none.
 *
 * @param namespace where it is created
 * @param pod its name, or the prefix of it
 * @param owner who creates it; null where nobody but a person does
 * @param decision CamelCase name of the decision
 * @param message cause, and cure where there is one
 * @param traceparent W3C trace context of the request, null where it has none or is not to be passed on
 */
public record UnservedPod(
        String namespace,
        String pod,
        @Nullable Owner owner,
        String decision,
        String message,
        @Nullable String traceparent) {

    /** Whoever is to be told: the Namespace where no controller is known. */
    Owner subject() {
        return owner == null ? new Owner("v1", "Namespace", namespace, "") : owner;
    }
}
