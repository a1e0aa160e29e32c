package io.podoffload.binder.socket;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends blocking reads and writes of a channel that take too long: it closes the channel, and they throw
 * {@link ClosedChannelException}. Unix sockets have no timeout of their own.
 */
public final class Deadline implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Deadline.class);

    private final CompletableFuture<Void> done = new CompletableFuture<>();

    private Deadline(Channel channel, Duration within) {
        var unused = done.orTimeout(within.toMillis(), TimeUnit.MILLISECONDS).exceptionally(late -> {
            close(channel);
            return null;
        });
    }

    /** Until this is closed the channel must be done {@code within} this time. */
    public static Deadline of(Channel channel, Duration within) {
        return new Deadline(channel, within);
    }

    private static void close(Channel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("cannot close a channel that took too long", e);
        }
    }

    @Override
    public void close() {
        done.complete(null);
    }
}
