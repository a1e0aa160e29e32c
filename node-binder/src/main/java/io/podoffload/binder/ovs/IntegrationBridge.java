package io.podoffload.binder.ovs;

import io.podoffload.binder.binding.OwnerMark;
import io.podoffload.binder.binding.Port;
import io.podoffload.binder.outage.Dependency;
import io.podoffload.binder.outage.SignOfLife;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * The interfaces of Open vSwitch as the database holds them, kept current by a monitor, and the changes that the binder
 * makes to the integration bridge.
 *
 * <p>It connects when first used, and again after the session was lost; until then its calls fail with
 * {@link OvsdbException.Disconnected}. Of several binders on one node, only the one that holds the lock can change
 * anything.
 */
public final class IntegrationBridge implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(IntegrationBridge.class);
    private static final Duration PROBE = Duration.ofSeconds(5); // as ovsdb-server's own
    private static final long UPDATE_WITHIN_MILLIS = 10_000;

    /** How long callers wait for a session that is being made; a server that runs needs milliseconds. */
    private static final long SESSION_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final JsonMapper json;
    private final Path socket;
    private final String bridge;
    private final Consumer<Port> onChange;
    private final Runnable onDoubt;
    private final Dependency ovs =
            new Dependency("Open vSwitch", "VFs stay as they are meanwhile; what pods need is done when it is back.");
    private final AtomicLong sessions = new AtomicLong();
    private final ScheduledExecutorService keeper = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "ovsdb-keeper");
        thread.setDaemon(true);
        return thread;
    });

    private final SignOfLife withoutSession = new SignOfLife();
    private volatile @Nullable OvsdbSession session; // changed under this
    private @Nullable Attempt attempt; // guarded by this
    private volatile boolean closed;

    /** To connect. */
    private record Attempt(CompletableFuture<OvsdbSession> result, long begun) {}

    /**
     * @param socket of ovsdb-server, {@code /run/openvswitch/db.sock} on a node
     * @param bridge {@code br-int}
     * @param onChange called with each interface whose row changed: as it is, or as it was if it is gone
     * @param onDoubt called when what changed meanwhile is unknown: the session was lost, or is there again
     */
    public IntegrationBridge(JsonMapper json, Path socket, String bridge, Consumer<Port> onChange, Runnable onDoubt) {
        this.json = json;
        this.socket = socket;
        this.bridge = bridge;
        this.onChange = onChange;
        this.onDoubt = onDoubt;
        Future<?> unused = keeper.scheduleWithFixedDelay(
                this::probe, PROBE.toMillis(), PROBE.toMillis() / 2, TimeUnit.MILLISECONDS);
    }

    /** The row of the interface called {@code name}, if there is one. */
    public Optional<Port> port(String name) {
        return replica().named(name);
    }

    /** The rows whose external_ids hold {@code key=value}, for the keys by which pods and VFs are told apart. */
    public List<Port> withExternalId(String key, String value) {
        return replica().withExternalId(key, value);
    }

    public List<Port> interfaces() {
        return replica().all();
    }

    private Replica replica() {
        return session().replica();
    }

    /** Whether this binder, and no other on the node, may change anything. */
    public boolean holdsLock() {
        return session().holdsLock();
    }

    /** What a person wants to know of it now; returns at once, also while a server that is silent is connected to. */
    public Status status() {
        OvsdbSession now = session;
        return now == null
                ? new Status(false, false, 0, sessions.get())
                : new Status(true, now.holdsLock(), now.replica().lag(), sessions.get());
    }

    /** How long nothing has been heard of ovsdb-server, which is asked every few seconds. */
    public Duration silentFor() {
        OvsdbSession now = session;
        return now == null ? withoutSession.age() : now.silence();
    }

    /**
     * The state of the session.
     *
     * @param lag changes that ovs-vswitchd has not acted on yet, {@code next_cfg - cur_cfg}
     * @param sessions how often it connected
     */
    public record Status(boolean connected, boolean locked, long lag, long sessions) {}

    /** Adds a port for the netdev {@code name}, which carries {@code externalIds} from its first moment; durable. */
    public void add(String name, Map<String, String> externalIds) {
        run(transaction("add port " + name)
                .requireBridge(bridge)
                .insertPort(bridge, name, externalIds)
                .durable());
    }

    /** Adds a port with an iface-id, unless another port has it; durable. */
    public void restore(String name, Map<String, String> externalIds) {
        run(transaction("restore port " + name)
                .requireBridge(bridge)
                .requireNoIfaceId(externalIds.getOrDefault(Port.IFACE_ID, ""))
                .insertPort(bridge, name, externalIds)
                .durable());
    }

    /** Sets external_ids, if the row still holds all of {@code expected}. */
    public void put(String name, Map<String, String> expected, Map<String, String> externalIds) {
        run(transaction("mark port " + name).requireExternalIds(name, expected).putExternalIds(name, externalIds));
    }

    /** Gives the port its iface-id, unless another port has it. */
    public void attach(String name, String ifaceId) {
        run(transaction("attach port " + name + " to " + ifaceId)
                .requireNoIfaceId(ifaceId)
                .putExternalIds(name, Map.of(Port.IFACE_ID, ifaceId)));
    }

    /**
     * Takes the iface-id off, if the row still holds all of {@code expected}. {@code ovn-installed} stays: ovn-controller takes
     * that off when it has let the port go, and by that it is seen.
     */
    public void detach(String name, Map<String, String> expected) {
        run(transaction("detach port " + name)
                .requireExternalIds(name, expected)
                .removeExternalIds(name, Set.of(Port.IFACE_ID, OwnerMark.ANNOUNCED)));
    }

    /** Deletes the port, if its interface still holds all of {@code expected}; nothing happens if it is gone. */
    public void delete(String name, Map<String, String> expected) {
        Optional<String> uuid = replica().portUuid(name);
        if (uuid.isPresent()) {
            run(transaction("delete port " + name)
                    .requireExternalIds(name, expected)
                    .removePort(uuid.get()));
        }
    }

    private static Transaction transaction(String purpose) {
        return new Transaction(purpose, OvsdbSession.LOCK);
    }

    /** When it returns, the copy holds the change. */
    private void run(Transaction transaction) {
        OvsdbSession now = session();
        long counter = transaction.check(now.transact(transaction));
        try {
            if (!now.replica().awaitTransaction(counter, UPDATE_WITHIN_MILLIS)) {
                now.close(); // a new one brings the whole table
                throw new OvsdbException.Disconnected("ovsdb-server does not send updates", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OvsdbException("interrupted while waiting for ovsdb-server", e);
        }
    }

    private OvsdbSession session() {
        OvsdbSession now = session;
        return now == null ? await(attempt()) : now;
    }

    /** The attempt to connect that is under way, or a new one. */
    private synchronized Attempt attempt() {
        if (closed) {
            throw stopping();
        }
        if (attempt == null || attempt.result().isDone()) {
            CompletableFuture<OvsdbSession> result = new CompletableFuture<>();
            attempt = new Attempt(result, System.nanoTime());
            keeper.execute(() -> {
                try {
                    result.complete(connect());
                } catch (RuntimeException e) {
                    result.completeExceptionally(e);
                }
            });
        }
        return attempt;
    }

    private OvsdbSession await(Attempt connecting) {
        try {
            long left = connecting.begun() + SESSION_WITHIN_NANOS - System.nanoTime();
            return connecting.result().get(left, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new OvsdbException.Disconnected("ovsdb-server at " + socket + " has not answered yet", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof OvsdbException.Disconnected gone
                    ? new OvsdbException.Disconnected(String.valueOf(gone.getMessage()), gone)
                    : new OvsdbException("cannot begin a session with ovsdb-server", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OvsdbException("interrupted while waiting for ovsdb-server", e);
        }
    }

    /** On the keeper's thread. */
    private OvsdbSession connect() {
        OvsdbSession before = session;
        if (before != null) {
            return before;
        }
        OvsdbSession made;
        try {
            made = new OvsdbSession(json, socket, onChange, this::lockGranted, this::lost);
        } catch (OvsdbException e) {
            throw failed(e);
        }
        synchronized (this) {
            if (closed) {
                made.close();
                throw stopping();
            }
            session = made;
        }
        ovs.answered();
        if (sessions.incrementAndGet() == 1) {
            LOG.info(
                    "connected to Open vSwitch: {} interfaces",
                    made.replica().all().size());
        }
        if (!made.holdsLock()) {
            LOG.warn("another node-binder holds the lock of this node's Open vSwitch; this one only watches");
        }
        return made;
    }

    private static OvsdbException.Disconnected stopping() {
        return new OvsdbException.Disconnected("the binder is stopping", null);
    }

    private OvsdbException failed(OvsdbException failure) {
        if (failure instanceof OvsdbException.Disconnected && !closed) {
            ovs.away(String.valueOf(failure.getMessage()), failure);
        }
        return failure;
    }

    /** Silence is asked for a sign of life, and a session that was lost is made anew, though nobody may need it now. */
    private void probe() {
        try {
            boolean lost = session == null && sessions.get() > 0;
            connect().probe(PROBE);
            if (lost) {
                onDoubt.run();
            }
        } catch (OvsdbException e) {
            LOG.debug("Open vSwitch does not answer", e);
        }
    }

    private void lockGranted() {
        LOG.info("holds the lock of this node's Open vSwitch now");
        onDoubt.run();
    }

    /** The session may have ended before it was whole. */
    private void lost(OvsdbSession ended) {
        synchronized (this) {
            if (session != ended) {
                return;
            }
            session = null;
            withoutSession.show();
        }
        if (!closed) {
            ovs.away("the connection to ovsdb-server at " + socket + " was closed", null);
            onDoubt.run();
        }
    }

    @Override
    public void close() {
        OvsdbSession last;
        synchronized (this) {
            closed = true;
            last = session;
            session = null;
        }
        keeper.shutdownNow(); // ends an attempt to connect, too
        if (last != null) {
            last.close();
        }
    }
}
