package io.podoffload.binder.ovs;

import static io.podoffload.binder.ovs.Values.array;

import io.podoffload.binder.binding.OwnerMark;
import io.podoffload.binder.binding.Port;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A session with ovsdb-server, with a copy of the rows and the state of the lock as of its last message. Answers and notifications
 * are applied by one thread in the order in which the server sent them, so that none is lost or undone by an earlier one.
 */
final class OvsdbSession implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OvsdbSession.class);

    /** Name of the lock of which each node has one; only its holder changes anything. */
    static final String LOCK = "pod_offload_binder";

    private final Replica replica =
            new Replica(Set.of(Port.IFACE_ID, OwnerMark.PCI, OwnerMark.POD_UID, Port.POD_NETNS));
    private final OvsdbConnection connection;
    private final Consumer<Port> onChange;
    private final Runnable onLock;
    private volatile boolean locked;

    /**
     * Connects, asks for the lock and for all rows.
     *
     * @param onChange gets each interface whose row changed: as it is, or as it was if it is gone; on the reading thread
     * @param onLock called when another holder of the lock let it go, on the reading thread
     * @param onClose called once, when the session has ended
     * @throws OvsdbException if the server does not answer
     */
    OvsdbSession(
            JsonMapper json, Path socket, Consumer<Port> onChange, Runnable onLock, Consumer<OvsdbSession> onClose) {
        this.onChange = onChange;
        this.onLock = onLock;
        connection = new OvsdbConnection(json, socket);
        connection.read(this::notified, () -> onClose.accept(this));
        try {
            connection.call(
                    "lock",
                    array(LOCK),
                    answer -> locked = answer.path("locked").asBoolean());
            connection.call("monitor_cond", array("Open_vSwitch", "pod-offload", Replica.request()), replica::reset);
        } catch (OvsdbException e) {
            connection.close();
            throw e;
        }
    }

    Replica replica() {
        return replica;
    }

    boolean holdsLock() {
        return locked;
    }

    JsonNode transact(Transaction transaction) {
        return connection.call("transact", transaction.params());
    }

    Duration silence() {
        return connection.silence();
    }

    void probe(Duration silence) {
        connection.probe(silence);
    }

    private void notified(String method, JsonNode params) {
        switch (method) {
            case "update2" -> replica.apply(params.path(1)).forEach(onChange);
            case "locked" -> {
                locked = true;
                onLock.run();
            }
            case "stolen" -> locked = false;
            default -> LOG.debug("a notification that means nothing here: {} {}", method, params);
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
