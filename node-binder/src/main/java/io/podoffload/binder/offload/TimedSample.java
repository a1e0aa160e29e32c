package io.podoffload.binder.offload;

/**
 * A sample, and when it was taken.
 *
 * @param nanos by {@link System#nanoTime()}
 */
public record TimedSample(FlowSample flows, long nanos) {}
