package io.podoffload.binder.nic;

/** The feature hw-tc-offload of a netdev. */
public enum TcOffload {
    ON,
    OFF,
    /** The driver does not offer it, or not in this mode. */
    UNAVAILABLE
}
