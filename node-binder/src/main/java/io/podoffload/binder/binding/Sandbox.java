package io.podoffload.binder.binding;

/**
 * A pod sandbox of the container runtime.
 *
 * @param id the runtime's id
 * @param pod whose sandbox it is
 * @param attempt how often the kubelet made a sandbox for this pod before
 * @param createdAt nanoseconds since 1970
 * @param ready false once the kubelet stopped it
 */
public record Sandbox(String id, PodRef pod, int attempt, long createdAt, boolean ready) {

    /** The same, no longer READY. */
    public Sandbox stopped() {
        return new Sandbox(id, pod, attempt, createdAt, false);
    }
}
