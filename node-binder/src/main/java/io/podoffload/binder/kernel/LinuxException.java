package io.podoffload.binder.kernel;

import jnr.ffi.LastError;
import jnr.ffi.Runtime;

/** A system call or a netlink request that the kernel refused. */
public final class LinuxException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int errno;
    private final String explanation;

    /**
     * @param operation what was tried, for a person
     * @param errno positive error number, errno(3)
     * @param explanation the kernel's extended-ack text, empty if it gave none
     */
    LinuxException(String operation, int errno, String explanation) {
        super(operation + ": " + Errno.describe(errno) + (explanation.isEmpty() ? "" : " (" + explanation + ")"));
        this.errno = errno;
        this.explanation = explanation;
    }

    /** @param explanation further words, empty if there are none */
    public LinuxException(String operation, Errno errno, String explanation) {
        this(operation, errno.number(), explanation);
    }

    /** From the errno that the last call of this thread left. */
    static LinuxException ofLastError(String operation) {
        return new LinuxException(operation, LastError.getLastError(Runtime.getSystemRuntime()), "");
    }

    /** Whether this is {@code error}. */
    public boolean is(Errno error) {
        return errno == error.number();
    }

    /** The kernel's extended-ack text, empty if it gave none. */
    public String explanation() {
        return explanation;
    }
}
