package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.Link;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * A network namespace that is open. It lives at least as long as it is open, so it is closed soon: an open descriptor would
 * keep a dying pod's VF away from home.
 */
public final class NetworkNamespace implements AutoCloseable {

    private final String path;
    private final FileDescriptor descriptor;

    private NetworkNamespace(String path, FileDescriptor descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /**
     * Opens the namespace that is bound at {@code path}.
     *
     * @throws LinuxException if there is nothing
     */
    public static NetworkNamespace open(String path) {
        return new NetworkNamespace(path, FileDescriptor.open(path));
    }

    /** Its links, addresses and routes; the socket stays in the namespace, and keeps it alive until closed. */
    public Links links() {
        return inside(() -> new Links(NetlinkSocket.open(LibC.NETLINK_ROUTE)));
    }

    /** Lets the interface have IPv6 addresses; some runtimes start containers without. */
    public void enableIpv6(String interfaceName) {
        Path setting = Path.of("/proc/sys/net/ipv6/conf", interfaceName, "disable_ipv6");
        inside(() -> {
            try {
                return Files.writeString(setting, "0");
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "IPv6 is switched off on " + interfaceName + " of the pod, and " + setting
                                + " cannot be written: allow it by the pod's sysctl net.ipv6.conf.all.disable_ipv6=0",
                        e);
            }
        });
    }

    /** A socket that sends frames by an interface of this namespace. */
    public FrameSocket frames(Link link) {
        return inside(() -> FrameSocket.open(link));
    }

    int descriptor() {
        return descriptor.number();
    }

    /**
     * Runs {@code work} in this namespace, on a thread of its own that ends afterwards: setns(2) moves the calling thread
     * only, and a thread of a pool would carry the namespace into other work.
     */
    private <T> T inside(Supplier<T> work) {
        FutureTask<T> task = new FutureTask<>(() -> {
            if (LibC.INSTANCE.setns(descriptor.number(), LibC.CLONE_NEWNET) != 0) {
                throw LinuxException.ofLastError("enter network namespace " + path);
            }
            return work.get();
        });
        Thread thread = new Thread(task, "netns");
        thread.setDaemon(true);
        thread.start();
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("in network namespace " + path, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in network namespace " + path, e);
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
