package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.Link;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of links that appear, change or go in the host's namespace: a VF that comes home is seen here. Messages that did
 * not fit into the socket's buffer are lost; the caller's resync makes up for them, and is asked for at once.
 */
public final class LinkMonitor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LinkMonitor.class);
    private static final int RTNLGRP_LINK = 1;
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;

    private final NetlinkSocket socket;
    private final Thread thread;
    private volatile boolean closed;

    /**
     * Starts at once, on a thread of its own.
     *
     * @param onChange called with the link as it was reported
     * @param onLoss called when reports were lost
     */
    public LinkMonitor(Consumer<Link> onChange, Runnable onLoss) {
        socket = NetlinkSocket.open(LibC.NETLINK_ROUTE);
        socket.receiveTimeout(1); // so that close() is noticed
        socket.join(RTNLGRP_LINK);
        thread = new Thread(() -> listen(onChange, onLoss), "link-monitor");
        thread.setDaemon(true);
        thread.start();
    }

    private void listen(Consumer<Link> onChange, Runnable onLoss) {
        while (!closed) {
            for (NetlinkMessage message : next(onLoss)) {
                if (message.type() == RTM_NEWLINK || message.type() == RTM_DELLINK) {
                    onChange.accept(Links.link(message));
                }
            }
        }
        socket.close();
    }

    private List<NetlinkMessage> next(Runnable onLoss) {
        try {
            return socket.receive();
        } catch (LinuxException e) {
            if (e.is(Errno.ENOBUFS)) {
                LOG.warn("link events were lost, looking at every VF again");
                onLoss.run();
            } else if (!e.is(Errno.EAGAIN) && !e.is(Errno.EINTR)) {
                closed = true;
                LOG.error("no more link events; the periodic resync goes on", e);
            }
            return List.of();
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
