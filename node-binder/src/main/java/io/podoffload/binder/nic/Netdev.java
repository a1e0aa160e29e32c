package io.podoffload.binder.nic;

/**
 * An uplink or a representor.
 *
 * @param mtu bytes
 */
public record Netdev(String name, int mtu, TcOffload tcOffload) {}
