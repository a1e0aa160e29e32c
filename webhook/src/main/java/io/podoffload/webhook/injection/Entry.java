package io.podoffload.webhook.injection;

/** Which of the webhook's entries called. The API server's selectors know the Namespace, so they have decided which. */
public enum Entry {
    /** {@code /mutate}: the pod carries the label. */
    LABEL,
    /** {@code /mutate/namespace}: the Namespace's policy is {@code always}, and the pod carries no label. */
    NAMESPACE
}
