package io.podoffload.binder.outage;

/**
 * A failure because a program that the binder asks is away. Whoever asks that program directly logs it, once; whoever else meets
 * the failure does not log it above DEBUG.
 */
public interface Outage {}
