package io.podoffload.webhook.injection;

/** What becomes of an opted-in pod that asks for something else than its profile gives. */
public enum Conflict {
    /** The pod is left as it is, with a warning. */
    WARN,
    /** The pod is refused (403). */
    DENY
}
