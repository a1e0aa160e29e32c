package io.podoffload.webhook.injection;

import org.jspecify.annotations.Nullable;

/**
 * What the decision needs to know of a pod's Namespace.
 *
 * @param policy the label {@link Labels#POLICY}, null where there is none
 * @param profile the annotation {@link Labels#PROFILE}, null where there is none
 */
public record NamespaceFacts(
        @Nullable String policy, @Nullable String profile) {

    /** A Namespace that says nothing of pod-offload. */
    public static final NamespaceFacts PLAIN = new NamespaceFacts(null, null);

    boolean never() {
        return "never".equals(policy);
    }

    /** Anything else than the three values counts as {@code opt-in}, the one that changes no pod by itself. */
    boolean misspelt() {
        return policy != null && !policy.equals("opt-in") && !policy.equals("always") && !never();
    }
}
