package io.podoffload.binder.ovs;

import static io.podoffload.binder.ovs.Values.array;
import static io.podoffload.binder.ovs.Values.object;

import io.podoffload.binder.binding.Port;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The binder's copy of the rows it reads, kept current by {@code monitor_cond} and its {@code update2} notifications.
 *
 * @see <a href="https://docs.openvswitch.org/en/latest/ref/ovsdb-server.7/">ovsdb-server(7), 4.1.12 to 4.1.14</a>
 */
final class Replica {

    private static final String CONFIG = "Open_vSwitch";

    /** Rows as the server describes them, by uuid; guarded by this, as is all below. */
    private final Map<String, ObjectNode> rows = new HashMap<>();

    private final Map<String, Port> interfaces = new HashMap<>();
    private final Map<String, Port> interfacesByName = new HashMap<>();
    private final Map<ExternalId, Set<String>> namesByExternalId = new HashMap<>();
    private final Map<String, String> portUuids = new HashMap<>();
    private final Set<String> indexed;
    private long nextConfig;
    private long currentConfig;

    private record ExternalId(String key, String value) {}

    /** @param indexed keys of external_ids by which rows are looked up */
    Replica(Set<String> indexed) {
        this.indexed = Set.copyOf(indexed);
    }

    /** The third parameter of {@code monitor_cond}. */
    static ObjectNode request() {
        ObjectNode tables = object();
        tables.set("Interface", columns("name", "type", "external_ids", "ofport", "error", "status", "admin_state"));
        tables.set("Port", columns("name"));
        tables.set(CONFIG, columns("next_cfg", "cur_cfg"));
        return tables;
    }

    private static JsonNode columns(Object... names) {
        ObjectNode request = object();
        request.set("columns", array(names));
        return array(request);
    }

    /** Forgets everything and takes what {@code monitor_cond} answered. */
    synchronized void reset(JsonNode initial) {
        rows.clear();
        interfaces.clear();
        interfacesByName.clear();
        namesByExternalId.clear();
        portUuids.clear();
        apply(initial);
    }

    /**
     * Applies table-updates2.
     *
     * @return the interfaces that changed, as they are now, or as they were if they are gone
     */
    synchronized Collection<Port> apply(JsonNode tables) {
        List<Port> changed = new ArrayList<>();
        List<Map.Entry<String, JsonNode>> updates =
                new ArrayList<>(tables.path("Interface").properties());
        // those that go come first: a row may have a new one of the same name in the same update
        updates.sort(Comparator.comparing(update -> !update.getValue().has("delete")));
        for (Map.Entry<String, JsonNode> update : updates) {
            Port before = interfaces.remove(update.getKey());
            if (before != null) {
                interfacesByName.remove(before.name(), before);
                index(before, false);
            }
            ObjectNode row = changed(update.getKey(), update.getValue());
            Port after = row == null ? null : port(row);
            if (after != null) {
                interfaces.put(update.getKey(), after);
                interfacesByName.put(after.name(), after);
                index(after, true);
                changed.add(after);
            } else if (before != null) {
                changed.add(before);
            }
        }
        for (Map.Entry<String, JsonNode> update : tables.path("Port").properties()) {
            portUuids.values().remove(update.getKey());
            ObjectNode row = changed(update.getKey(), update.getValue());
            if (row != null) {
                portUuids.put(row.path("name").asString(), update.getKey());
            }
        }
        for (Map.Entry<String, JsonNode> update : tables.path(CONFIG).properties()) {
            ObjectNode row = changed(update.getKey(), update.getValue());
            if (row != null) {
                nextConfig = row.path("next_cfg").asLong();
                currentConfig = row.path("cur_cfg").asLong();
                notifyAll();
            }
        }
        return changed;
    }

    /** The row after a row-update2; null if it is gone. */
    private @Nullable ObjectNode changed(String uuid, JsonNode update) {
        if (update.has("delete")) {
            rows.remove(uuid);
            return null;
        }
        if (update.has("modify")) {
            ObjectNode row = rows.get(uuid);
            if (row == null) {
                throw new OvsdbException("ovsdb-server modified row " + uuid + ", which it never described");
            }
            update.path("modify")
                    .properties()
                    .forEach(column ->
                            row.set(column.getKey(), Values.patched(row.path(column.getKey()), column.getValue())));
            return row;
        }
        JsonNode whole = update.has("initial") ? update.path("initial") : update.path("insert");
        ObjectNode row = object();
        whole.properties().forEach(column -> row.set(column.getKey(), column.getValue()));
        rows.put(uuid, row);
        return row;
    }

    private void index(Port row, boolean add) {
        for (String key : indexed) {
            String value = row.externalIds().get(key);
            if (value != null) {
                Set<String> names =
                        namesByExternalId.computeIfAbsent(new ExternalId(key, value), none -> new LinkedHashSet<>());
                if (add) {
                    names.add(row.name());
                } else {
                    names.remove(row.name());
                    namesByExternalId.remove(new ExternalId(key, value), Set.of());
                }
            }
        }
    }

    /** Columns that are at their default are left out of a row. */
    private static Port port(ObjectNode row) {
        return new Port(
                row.path("name").asString(""),
                row.path("type").asString(""),
                Values.readMap(row.path("external_ids")),
                Values.readInt(row.path("ofport"), 0),
                Values.readText(row.path("error")),
                Values.readMap(row.path("status")).getOrDefault("driver_name", ""),
                Values.readText(row.path("admin_state")).equals("up"));
    }

    synchronized Optional<Port> named(String name) {
        return Optional.ofNullable(interfacesByName.get(name));
    }

    synchronized List<Port> withExternalId(String key, String value) {
        if (!indexed.contains(key)) {
            throw new IllegalArgumentException("rows are not indexed by " + key);
        }
        return namesByExternalId.getOrDefault(new ExternalId(key, value), Set.of()).stream()
                .map(interfacesByName::get)
                .filter(row -> row != null)
                .toList();
    }

    synchronized List<Port> all() {
        return List.copyOf(interfaces.values());
    }

    synchronized Optional<String> portUuid(String name) {
        return Optional.ofNullable(portUuids.get(name));
    }

    /** Changes of the configuration that ovs-vswitchd has not acted on yet. */
    synchronized long lag() {
        return Math.max(0, nextConfig - currentConfig);
    }

    /** Returns once the copy holds the transaction that {@code counter} counts, or {@code millis} have passed. */
    synchronized boolean awaitTransaction(long counter, long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        while (nextConfig < counter) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
