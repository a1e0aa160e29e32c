package io.podoffload.binder.binding;

import java.util.Optional;

/**
 * A pod sandbox of the container runtime.
 *
 * @param id the runtime's id
 * @param pod whose sandbox it is
 * @param attempt how often the kubelet made a sandbox for this pod before
 * @param ready false once the kubelet stopped it
 * @param netns path of its network namespace; none on the host's network
 */
public record Sandbox(String id, PodRef pod, int attempt, boolean ready, Optional<String> netns) {}
