package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.outage.Complaint;
import io.podoffload.binder.outage.SignOfLife;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
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

    /** Between attempts to open another socket. */
    private static final long PAUSE_SECONDS = 1;

    private final Supplier<NetlinkSocket> sockets;
    private final Consumer<Link> onChange;
    private final Runnable onLoss;
    private final Complaint complaint = new Complaint(LOG);
    private final SignOfLife sign = new SignOfLife();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    /**
     * Starts at once, on a thread of its own.
     *
     * @param onChange called with the link as it was reported
     * @param onLoss called when reports may have been lost
     */
    public LinkMonitor(Consumer<Link> onChange, Runnable onLoss) {
        this(LinkMonitor::subscribed, onChange, onLoss);
    }

    LinkMonitor(Supplier<NetlinkSocket> sockets, Consumer<Link> onChange, Runnable onLoss) {
        this.sockets = sockets;
        this.onChange = onChange;
        this.onLoss = onLoss;
        NetlinkSocket first = sockets.get();
        thread = new Thread(() -> listen(first), "link-monitor");
        thread.setDaemon(true);
        thread.start();
    }

    static NetlinkSocket subscribed() {
        NetlinkSocket socket = NetlinkSocket.open(LibC.NETLINK_ROUTE);
        try {
            socket.receiveTimeout(1); // so that close() is noticed
            socket.join(RTNLGRP_LINK);
        } catch (LinuxException e) {
            socket.close();
            throw e;
        }
        return socket;
    }

    /** How long it has not listened. */
    public Duration silentFor() {
        return sign.age();
    }

    private void listen(NetlinkSocket first) {
        Optional<NetlinkSocket> socket = Optional.of(first);
        while (!isClosed()) {
            try {
                if (socket.isEmpty()) {
                    socket = Optional.of(sockets.get());
                    onLoss.run();
                }
                List<NetlinkMessage> messages = socket.get().receive();
                sign.show();
                follow(messages);
                complaint.succeeded();
            } catch (LinuxException e) {
                if (e.is(Errno.ENOBUFS)) {
                    sign.show();
                    LOG.warn("link events were lost, looking at every VF again");
                    onLoss.run();
                } else if (e.is(Errno.EAGAIN) || e.is(Errno.EINTR)) {
                    sign.show();
                } else {
                    complaint.failed("cannot read link events, trying again with a new socket", e);
                    socket.ifPresent(NetlinkSocket::close);
                    socket = Optional.empty();
                    pause();
                }
            } catch (RuntimeException e) {
                complaint.failed("cannot follow a link event, looking at every VF again", e);
                onLoss.run();
            }
        }
        socket.ifPresent(NetlinkSocket::close);
    }

    private void follow(List<NetlinkMessage> messages) {
        for (NetlinkMessage message : messages) {
            if (message.type() == RTM_NEWLINK || message.type() == RTM_DELLINK) {
                onChange.accept(Links.link(message));
            }
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private void pause() {
        try {
            boolean unused = closed.await(PAUSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
