package io.podoffload.binder.kernel;

/** An open file descriptor, closed once. */
final class FileDescriptor implements AutoCloseable {

    private final int number;
    private boolean closed;

    FileDescriptor(int number) {
        this.number = number;
    }

    static FileDescriptor open(String path) {
        return open(path, LibC.O_RDONLY);
    }

    static FileDescriptor open(String path, int flags) {
        int fd = LibC.INSTANCE.open(path, flags | LibC.O_CLOEXEC);
        if (fd < 0) {
            throw LinuxException.ofLastError("open " + path);
        }
        return new FileDescriptor(fd);
    }

    int number() {
        return number;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            LibC.INSTANCE.close(number);
        }
    }
}
