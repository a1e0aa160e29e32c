package io.podoffload.binder.kernel;

/** Bytes from the kernel that are no netlink message. */
final class MalformedNetlinkException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MalformedNetlinkException(String message) {
        super("malformed netlink message: " + message);
    }
}
