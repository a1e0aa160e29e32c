package io.podoffload.binder.ovs;

import io.podoffload.binder.outage.Outage;
import org.jspecify.annotations.Nullable;

/** OVSDB refused a transaction, broke the protocol, or is gone. Unless it is {@link Disconnected}, nothing was changed. */
public sealed class OvsdbException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    OvsdbException(String message) {
        super(message);
    }

    OvsdbException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** The server cannot be reached, or the connection broke; the transaction may or may not have happened. */
    public static final class Disconnected extends OvsdbException implements Outage {
        private static final long serialVersionUID = 1L;

        Disconnected(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** A {@code wait} failed: the row is no longer what it was when the plan was made. */
    public static final class Conflict extends OvsdbException {
        private static final long serialVersionUID = 1L;

        Conflict(String message) {
            super(message);
        }
    }

    /** There is no such bridge; a port added to it would be lost in silence. */
    public static final class NoBridge extends OvsdbException {
        private static final long serialVersionUID = 1L;

        NoBridge(String bridge) {
            super("there is no bridge " + bridge + " in Open vSwitch: check that ovn-controller runs on this node, and"
                    + " the setting pod-offload.bridge");
        }
    }

    /** Another binder holds the lock and acts on this node; this one must not. */
    public static final class NotOwner extends OvsdbException {
        private static final long serialVersionUID = 1L;

        NotOwner(String purpose) {
            super(purpose + ": another node-binder holds the lock of this node's Open vSwitch: stop one of them");
        }
    }
}
