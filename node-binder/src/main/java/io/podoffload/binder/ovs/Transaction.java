package io.podoffload.binder.ovs;

import static io.podoffload.binder.ovs.Values.array;
import static io.podoffload.binder.ovs.Values.map;
import static io.podoffload.binder.ovs.Values.object;
import static io.podoffload.binder.ovs.Values.set;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The operations of one OVSDB transaction, which happens whole or not at all, and only while this session holds the lock.
 *
 * <p>The reply of a failed transaction is a success at the JSON-RPC level: the error hides in the list of results, and an
 * error at commit is one result more than there were operations (RFC 7047, section 4.1.3). So every result is looked at,
 * and operations on rows say how many rows they must have met.
 */
final class Transaction {

    private static final String DATABASE = "Open_vSwitch";

    private final String purpose;
    private final List<Operation> operations = new ArrayList<>();

    /** @param onMismatch what to throw if the operation's {@code wait} failed, or if it met another number of rows than one */
    private record Operation(ObjectNode json, boolean meetsOneRow, Function<String, OvsdbException> onMismatch) {}

    /**
     * @param purpose for error messages, and a comment in the database's log
     * @param lock without which the server refuses the transaction
     */
    Transaction(String purpose, String lock) {
        this.purpose = purpose;
        add(operation("assert", "").put("lock", lock));
        add(operation("comment", "").put("comment", "pod-offload: " + purpose));
    }

    /** Fails unless exactly one bridge is called {@code name}. */
    Transaction requireBridge(String name) {
        ObjectNode wait = operation("wait", "Bridge").put("timeout", 0).put("until", "==");
        wait.set("where", array(array("name", "==", name)));
        wait.set("columns", array("name"));
        wait.set("rows", array(object().put("name", name)));
        operations.add(new Operation(wait, false, mismatch -> new OvsdbException.NoBridge(name)));
        return this;
    }

    /** Fails unless the interface's external_ids hold all of {@code expected}. */
    Transaction requireExternalIds(String interfaceName, Map<String, String> expected) {
        ObjectNode wait = operation("wait", "Interface").put("timeout", 0).put("until", "==");
        wait.set("where", array(array("name", "==", interfaceName), array("external_ids", "includes", map(expected))));
        wait.set("columns", array("name"));
        wait.set("rows", array(object().put("name", interfaceName)));
        return add(wait);
    }

    /** Fails if any interface holds this iface-id. */
    Transaction requireNoIfaceId(String ifaceId) {
        ObjectNode wait = operation("wait", "Interface").put("timeout", 0).put("until", "==");
        wait.set("where", array(array("external_ids", "includes", map(Map.of("iface-id", ifaceId)))));
        wait.set("columns", array("name"));
        wait.set("rows", array());
        return add(wait);
    }

    Transaction insertPort(String bridge, String name, Map<String, String> externalIds) {
        ObjectNode row = object().put("name", name);
        row.set("external_ids", map(externalIds));
        add(operation("insert", "Interface").put("uuid-name", "new_interface").set("row", row));
        ObjectNode port = object().put("name", name);
        port.set("interfaces", array("named-uuid", "new_interface"));
        add(operation("insert", "Port").put("uuid-name", "new_port").set("row", port));
        return mutate("Bridge", array("name", "==", bridge), array("ports", "insert", array("named-uuid", "new_port")));
    }

    /** The rows of port and interface go with the last reference to them. */
    Transaction removePort(String portUuid) {
        ArrayNode uuid = array("uuid", portUuid);
        return mutate("Bridge", array("ports", "includes", uuid), array("ports", "delete", uuid));
    }

    Transaction putExternalIds(String interfaceName, Map<String, String> ids) {
        ObjectNode mutate = operation("mutate", "Interface");
        mutate.set("where", array(array("name", "==", interfaceName)));
        // inserting a key that exists changes nothing, so it is deleted first
        mutate.set(
                "mutations",
                array(array("external_ids", "delete", set(ids.keySet())), array("external_ids", "insert", map(ids))));
        return addForOneRow(mutate);
    }

    Transaction removeExternalIds(String interfaceName, Set<String> keys) {
        return mutate("Interface", array("name", "==", interfaceName), array("external_ids", "delete", set(keys)));
    }

    /** The change is on disk before the reply. */
    Transaction durable() {
        return add(operation("commit", "").put("durable", true));
    }

    /**
     * Parameters of {@code transact}. The transaction ends by counting up {@code next_cfg}, whose new value is the last
     * result: ovs-vswitchd shows it as {@code cur_cfg} once it has acted.
     */
    ArrayNode params() {
        ArrayNode params = array(DATABASE);
        operations.forEach(operation -> params.add(operation.json()));
        ObjectNode count = operation("mutate", DATABASE);
        count.set("where", array());
        count.set("mutations", array(array("next_cfg", "+=", 1)));
        ObjectNode read = operation("select", DATABASE);
        read.set("where", array());
        read.set("columns", array("next_cfg"));
        return params.add(count).add(read);
    }

    /**
     * Checks the reply.
     *
     * @return the value of {@code next_cfg} that counts this transaction
     * @throws OvsdbException if any part of the transaction failed
     */
    long check(JsonNode results) {
        for (int index = 0; index < results.size(); index++) {
            String error = results.path(index).path("error").asString("");
            if (error.equals("timed out") && index < operations.size()) {
                throw operations.get(index).onMismatch().apply("the row was changed by somebody else");
            }
            if (error.equals("not owner")) {
                throw new OvsdbException.NotOwner(purpose);
            }
            if (!error.isEmpty()) {
                throw new OvsdbException(purpose + ": " + error + ", "
                        + results.path(index).path("details").asString(""));
            }
        }
        for (int index = 0; index < operations.size(); index++) {
            Operation operation = operations.get(index);
            if (operation.meetsOneRow() && results.path(index).path("count").asInt(0) != 1) {
                throw operation.onMismatch().apply("the row to change is not there");
            }
        }
        JsonNode counter =
                results.path(operations.size() + 1).path("rows").path(0).path("next_cfg");
        if (!counter.isNumber()) {
            throw new OvsdbException(purpose + ": the reply has no next_cfg: " + results);
        }
        return counter.asLong();
    }

    private Transaction mutate(String table, ArrayNode condition, ArrayNode mutation) {
        ObjectNode mutate = operation("mutate", table);
        mutate.set("where", array(condition));
        mutate.set("mutations", array(mutation));
        return addForOneRow(mutate);
    }

    private Transaction add(ObjectNode json) {
        operations.add(new Operation(json, false, this::conflict));
        return this;
    }

    private Transaction addForOneRow(ObjectNode json) {
        operations.add(new Operation(json, true, this::conflict));
        return this;
    }

    private OvsdbException conflict(String mismatch) {
        return new OvsdbException.Conflict(purpose + ": " + mismatch);
    }

    private static ObjectNode operation(String name, String table) {
        ObjectNode operation = object().put("op", name);
        return table.isEmpty() ? operation : operation.put("table", table);
    }
}
