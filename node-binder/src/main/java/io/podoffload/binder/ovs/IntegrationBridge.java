package io.podoffload.binder.ovs;

import static io.podoffload.binder.ovs.Values.array;
import static io.podoffload.binder.ovs.Values.object;

import io.podoffload.binder.binding.Port;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The interfaces of Open vSwitch as the database holds them, kept current by a monitor, and the changes that the binder
 * makes to the integration bridge.
 *
 * <p>It connects when first used, and again after the session was lost; until then its calls fail with
 * {@link OvsdbException.Disconnected}.
 */
public final class IntegrationBridge implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(IntegrationBridge.class);

    private final JsonMapper json;
    private final Path socket;
    private final String bridge;
    private final Consumer<String> onChange;
    private final Runnable onLoss;

    /** Rows by uuid; guarded by {@code this}, as is the connection. */
    private final Map<String, Port> interfaces = new HashMap<>();

    private final Map<String, String> ports = new HashMap<>();
    private @Nullable OvsdbConnection connection;

    /**
     * @param socket of ovsdb-server, {@code /run/openvswitch/db.sock} on a node
     * @param bridge {@code br-int}
     * @param onChange called with the name of each interface whose row changed
     * @param onLoss called when the session was lost, so that what changed meanwhile is unknown
     */
    public IntegrationBridge(JsonMapper json, Path socket, String bridge, Consumer<String> onChange, Runnable onLoss) {
        this.json = json;
        this.socket = socket;
        this.bridge = bridge;
        this.onChange = onChange;
        this.onLoss = onLoss;
    }

    /** The row of the interface called {@code name}, if there is one. */
    public synchronized Optional<Port> port(String name) {
        connected();
        return interfaces.values().stream()
                .filter(row -> row.name().equals(name))
                .findFirst();
    }

    /** The rows whose external_ids hold {@code key=value}. */
    public synchronized List<Port> withExternalId(String key, String value) {
        connected();
        return interfaces.values().stream()
                .filter(row -> value.equals(row.externalIds().get(key)))
                .toList();
    }

    /** Adds a port for the netdev {@code name}, which carries {@code externalIds} from its first moment. */
    public void add(String name, Map<String, String> externalIds) {
        run(new Transaction("add port " + name)
                .requireBridge(bridge)
                .insertPort(bridge, name, externalIds)
                .bumpConfig());
    }

    /** Sets external_ids, if the row still holds all of {@code expected}. */
    public void put(String name, Map<String, String> expected, Map<String, String> externalIds) {
        run(new Transaction("mark port " + name)
                .requireExternalIds(name, expected)
                .putExternalIds(name, externalIds));
    }

    /** Gives the port its iface-id, unless another port has it. */
    public void attach(String name, String ifaceId) {
        run(new Transaction("attach port " + name + " to " + ifaceId)
                .requireNoIfaceId(ifaceId)
                .putExternalIds(name, Map.of(Port.IFACE_ID, ifaceId))
                .bumpConfig());
    }

    /** Takes the iface-id off, with what ovn-controller wrote beside it. */
    public void detach(String name) {
        run(new Transaction("detach port " + name)
                .removeExternalIds(name, Set.of(Port.IFACE_ID, "ovn-installed", "ovn-installed-ts"))
                .bumpConfig());
    }

    /** Deletes the port, if its interface still holds all of {@code expected}; nothing happens if it is gone. */
    public void delete(String name, Map<String, String> expected) {
        Optional<String> uuid = portUuid(name);
        if (uuid.isPresent()) {
            run(new Transaction("delete port " + name)
                    .requireExternalIds(name, expected)
                    .removePort(uuid.get())
                    .bumpConfig());
        }
    }

    private synchronized Optional<String> portUuid(String name) {
        connected();
        return ports.entrySet().stream()
                .filter(entry -> entry.getValue().equals(name))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private void run(Transaction transaction) {
        OvsdbConnection session = connected();
        transaction.check(session.call("transact", transaction.params()));
        // The monitor's update for this change precedes the reply to a later request, so the copy is current after it.
        session.call("echo", array());
    }

    private synchronized OvsdbConnection connected() {
        if (connection != null) {
            return connection;
        }
        OvsdbConnection[] self = new OvsdbConnection[1];
        OvsdbConnection session = new OvsdbConnection(json, socket, this::apply, () -> lost(self[0]));
        self[0] = session;
        ObjectNode tables = object();
        tables.set(
                "Interface",
                object().set("columns", array("name", "type", "external_ids", "ofport", "error", "status")));
        tables.set("Port", object().set("columns", array("name")));
        interfaces.clear();
        ports.clear();
        update(session.call("monitor", array("Open_vSwitch", "pod-offload", tables)));
        connection = session;
        LOG.info("connected to Open vSwitch: {} interfaces", interfaces.size());
        return session;
    }

    private void lost(@Nullable OvsdbConnection session) {
        synchronized (this) {
            if (session == null || connection != session) {
                return;
            }
            connection = null;
        }
        LOG.warn("lost the connection to Open vSwitch at {}", socket);
        onLoss.run();
    }

    private void apply(JsonNode tables) {
        update(tables).forEach(onChange);
    }

    /** Applies table-updates (RFC 7047, section 4.1.6): a row without {@code new} is gone. */
    private synchronized List<String> update(JsonNode tables) {
        List<String> changed = new java.util.ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : tables.path("Interface").properties()) {
            JsonNode row = entry.getValue().path("new");
            if (row.isObject()) {
                Port port = port(row);
                interfaces.put(entry.getKey(), port);
                changed.add(port.name());
            } else {
                Port gone = interfaces.remove(entry.getKey());
                if (gone != null) {
                    changed.add(gone.name());
                }
            }
        }
        for (Map.Entry<String, JsonNode> entry : tables.path("Port").properties()) {
            JsonNode row = entry.getValue().path("new");
            if (row.isObject()) {
                ports.put(entry.getKey(), row.path("name").asString());
            } else {
                ports.remove(entry.getKey());
            }
        }
        return changed;
    }

    private static Port port(JsonNode row) {
        return new Port(
                row.path("name").asString(),
                row.path("type").asString(""),
                Values.readMap(row.path("external_ids")),
                Values.readInt(row.path("ofport"), 0),
                Values.readText(row.path("error")),
                Values.readMap(row.path("status")).getOrDefault("driver_name", ""));
    }

    @Override
    public synchronized void close() {
        if (connection != null) {
            OvsdbConnection session = connection;
            connection = null;
            session.close();
        }
    }
}
