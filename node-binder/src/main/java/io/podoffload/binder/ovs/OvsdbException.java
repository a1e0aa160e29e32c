package io.podoffload.binder.ovs;

import org.jspecify.annotations.Nullable;

/** OVSDB refused a transaction, broke the protocol, or is gone. */
public sealed class OvsdbException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    OvsdbException(String message) {
        super(message);
    }

    OvsdbException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** The server cannot be reached, or the connection broke; the transaction may or may not have happened. */
    public static final class Disconnected extends OvsdbException {
        private static final long serialVersionUID = 1L;

        Disconnected(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** A {@code wait} failed: the row is no longer what it was when the plan was made. Nothing was changed. */
    public static final class Conflict extends OvsdbException {
        private static final long serialVersionUID = 1L;

        Conflict(String message) {
            super(message);
        }
    }
}
