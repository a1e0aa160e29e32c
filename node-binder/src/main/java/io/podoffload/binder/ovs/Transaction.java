package io.podoffload.binder.ovs;

import static io.podoffload.binder.ovs.Values.array;
import static io.podoffload.binder.ovs.Values.map;
import static io.podoffload.binder.ovs.Values.object;
import static io.podoffload.binder.ovs.Values.set;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The operations of one OVSDB transaction, which happens whole or not at all.
 *
 * <p>The reply of a failed transaction is a success at the JSON-RPC level: the error hides in the list of results, and an
 * error at commit is one result more than there were operations (RFC 7047, section 4.1.3). So every result is looked at,
 * and operations on rows say how many rows they must have met.
 */
final class Transaction {

    private static final String DATABASE = "Open_vSwitch";

    private final String purpose;
    private final List<ObjectNode> operations = new ArrayList<>();
    private final List<Boolean> mustMeetOneRow = new ArrayList<>();

    /** @param purpose for error messages, and a comment in the database's log */
    Transaction(String purpose) {
        this.purpose = purpose;
        add(operation("comment", "").put("comment", "pod-offload: " + purpose), false);
    }

    /** Fails unless exactly one bridge is called {@code name}; without it a port would vanish in silence. */
    Transaction requireBridge(String name) {
        ObjectNode wait = operation("wait", "Bridge").put("timeout", 0).put("until", "==");
        wait.set("where", array(array("name", "==", name)));
        wait.set("columns", array("name"));
        wait.set("rows", array(object().put("name", name)));
        return add(wait, false);
    }

    /** Fails unless the interface's external_ids hold all of {@code expected}. */
    Transaction requireExternalIds(String interfaceName, Map<String, String> expected) {
        ObjectNode wait = operation("wait", "Interface").put("timeout", 0).put("until", "==");
        wait.set("where", array(array("name", "==", interfaceName), array("external_ids", "includes", map(expected))));
        wait.set("columns", array("name"));
        wait.set("rows", array(object().put("name", interfaceName)));
        return add(wait, false);
    }

    /** Fails if any interface holds this iface-id. */
    Transaction requireNoIfaceId(String ifaceId) {
        ObjectNode wait = operation("wait", "Interface").put("timeout", 0).put("until", "==");
        wait.set("where", array(array("external_ids", "includes", map(Map.of("iface-id", ifaceId)))));
        wait.set("columns", array("name"));
        wait.set("rows", array());
        return add(wait, false);
    }

    Transaction insertPort(String bridge, String name, Map<String, String> externalIds) {
        ObjectNode row = object().put("name", name);
        row.set("external_ids", map(externalIds));
        add(operation("insert", "Interface").put("uuid-name", "new_interface").set("row", row), false);
        ObjectNode port = object().put("name", name);
        port.set("interfaces", array("named-uuid", "new_interface"));
        add(operation("insert", "Port").put("uuid-name", "new_port").set("row", port), false);
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
        return add(mutate, true);
    }

    Transaction removeExternalIds(String interfaceName, Set<String> keys) {
        return mutate("Interface", array("name", "==", interfaceName), array("external_ids", "delete", set(keys)));
    }

    /** Makes ovs-vswitchd count this change in cur_cfg once it has acted on it. */
    Transaction bumpConfig() {
        ObjectNode mutate = operation("mutate", DATABASE);
        mutate.set("where", array());
        mutate.set("mutations", array(array("next_cfg", "+=", 1)));
        return add(mutate, true);
    }

    /** Parameters of {@code transact}; durable means that the change is on disk before the reply. */
    ArrayNode params() {
        ArrayNode params = array(DATABASE);
        operations.forEach(params::add);
        return params.add(operation("commit", "").put("durable", true));
    }

    /** @throws OvsdbException if any part of the transaction failed */
    void check(JsonNode results) {
        for (JsonNode result : results) {
            String error = result.path("error").asString("");
            if (error.equals("timed out")) {
                throw new OvsdbException.Conflict(purpose + ": the row was changed by somebody else");
            }
            if (!error.isEmpty()) {
                throw new OvsdbException(
                        purpose + ": " + error + ", " + result.path("details").asString(""));
            }
        }
        for (int index = 0; index < operations.size(); index++) {
            if (mustMeetOneRow.get(index) && results.path(index).path("count").asInt(0) != 1) {
                throw new OvsdbException.Conflict(purpose + ": the row to change is not there");
            }
        }
    }

    private Transaction mutate(String table, ArrayNode condition, ArrayNode mutation) {
        ObjectNode mutate = operation("mutate", table);
        mutate.set("where", array(condition));
        mutate.set("mutations", array(mutation));
        return add(mutate, true);
    }

    private Transaction add(ObjectNode operation, boolean meetsOneRow) {
        operations.add(operation);
        mustMeetOneRow.add(meetsOneRow);
        return this;
    }

    private static ObjectNode operation(String name, String table) {
        ObjectNode operation = object().put("op", name);
        return table.isEmpty() ? operation : operation.put("table", table);
    }
}
