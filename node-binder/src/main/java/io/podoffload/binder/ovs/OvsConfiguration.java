package io.podoffload.binder.ovs;

import static io.podoffload.binder.ovs.Values.array;

import io.podoffload.binder.ip.IpText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The configuration of Open vSwitch as its database holds it at one moment.
 *
 * @param version of ovs-vswitchd
 * @param otherConfig where {@code hw-offload} and {@code tc-policy} stand
 * @param externalIds where ovn-controller's settings stand, {@code ovn-encap-ip} among them
 * @param bridgeOfPort names of interfaces, those of bonds too, and the bridge of each
 * @param datapathTypes of all bridges; {@code system}, or empty, is the kernel's
 * @param interfaces rows of all interfaces
 * @see <a href="https://www.openvswitch.org/support/dist-docs/ovs-vswitchd.conf.db.5.html">ovs-vswitchd.conf.db(5)</a>
 */
public record OvsConfiguration(
        String version,
        Map<String, String> otherConfig,
        Map<String, String> externalIds,
        Map<String, String> bridgeOfPort,
        Set<String> datapathTypes,
        List<Interface> interfaces) {

    private static final String ENCAP_IP = "ovn-encap-ip";

    /**
     * One interface.
     *
     * @param ofport -1 if ovs-vswitchd could not open it, 0 while it has not tried
     * @param error of ovs-vswitchd, empty if there is none
     */
    public record Interface(String name, int ofport, String error, Map<String, String> externalIds) {

        /** By which OVN knows it, empty if it is none of OVN's. */
        public String ifaceId() {
            return externalIds.getOrDefault("iface-id", "");
        }

        /** Whether ovn-controller has installed its flows. */
        public boolean isOvnInstalled() {
            return "true".equals(externalIds.get("ovn-installed"));
        }
    }

    /** Reads it in one transaction; where there is no socket of ovsdb-server, Open vSwitch does not run. */
    public static Optional<OvsConfiguration> read(Path socket) {
        return Files.exists(socket) ? Optional.of(readNow(socket)) : Optional.empty();
    }

    private static OvsConfiguration readNow(Path socket) {
        try (OvsdbConnection connection = new OvsdbConnection(JsonMapper.shared(), socket)) {
            connection.read((method, params) -> {}, () -> {});
            ArrayNode params = array("Open_vSwitch")
                    .add(select("Open_vSwitch", "ovs_version", "other_config", "external_ids"))
                    .add(select("Bridge", "name", "ports", "datapath_type"))
                    .add(select("Port", "_uuid", "interfaces"))
                    .add(select("Interface", "_uuid", "name", "ofport", "error", "external_ids"));
            JsonNode results = connection.call("transact", params);
            JsonNode root = results.path(0).path("rows").path(0);
            return new OvsConfiguration(
                    Values.readText(root.path("ovs_version")),
                    Values.readMap(root.path("other_config")),
                    Values.readMap(root.path("external_ids")),
                    bridges(
                            results.path(1).path("rows"),
                            results.path(2).path("rows"),
                            results.path(3).path("rows")),
                    results.path(1)
                            .path("rows")
                            .valueStream()
                            .map(bridge -> Values.readText(bridge.path("datapath_type")))
                            .collect(Collectors.toSet()),
                    results.path(3)
                            .path("rows")
                            .valueStream()
                            .map(row -> new Interface(
                                    row.path("name").asString(),
                                    Values.readInt(row.path("ofport"), 0),
                                    Values.readText(row.path("error")),
                                    Values.readMap(row.path("external_ids"))))
                            .toList());
        }
    }

    /** Whether ovs-vswitchd was told to offload flows. */
    public boolean hwOffload() {
        return Boolean.parseBoolean(otherConfig.get("hw-offload"));
    }

    /**
     * The addresses that OVN's tunnels come from, of both families and of each chassis where several share the node, in the form of the
     * kernel's.
     *
     * @see <a href="https://www.ovn.org/support/dist-docs/ovn-controller.8.html">ovn-encap-ip in ovn-controller(8)</a>
     */
    public Set<String> tunnelAddresses() {
        return externalIds.entrySet().stream()
                .filter(entry ->
                        entry.getKey().equals(ENCAP_IP) || entry.getKey().startsWith(ENCAP_IP + "-"))
                .flatMap(entry -> Arrays.stream(entry.getValue().split(",")))
                .flatMap(text -> IpText.address(text.strip()).stream())
                .collect(Collectors.toSet());
    }

    private static Map<String, String> bridges(JsonNode bridges, JsonNode ports, JsonNode interfaces) {
        Map<String, String> names = new HashMap<>();
        interfaces.forEach(row ->
                names.put(row.path("_uuid").path(1).asString(), row.path("name").asString()));
        Map<String, JsonNode> interfacesOfPort = new HashMap<>();
        ports.forEach(port -> interfacesOfPort.put(port.path("_uuid").path(1).asString(), port.path("interfaces")));
        Map<String, String> found = new HashMap<>();
        for (JsonNode bridge : bridges) {
            for (JsonNode port : uuids(bridge.path("ports"))) {
                JsonNode members = interfacesOfPort.get(port.path(1).asString());
                for (JsonNode member : members == null ? List.<JsonNode>of() : uuids(members)) {
                    String name = names.get(member.path(1).asString());
                    if (name != null) {
                        found.put(name, bridge.path("name").asString());
                    }
                }
            }
        }
        return found;
    }

    /** A set of one is written as its element. */
    private static List<JsonNode> uuids(JsonNode value) {
        return value.path(0).asString("").equals("uuid")
                ? List.of(value)
                : List.copyOf(value.path(1).values());
    }

    private static ObjectNode select(String table, String... columns) {
        ObjectNode select = Values.object().put("op", "select").put("table", table);
        select.set("where", array());
        select.set("columns", array((Object[]) columns));
        return select;
    }
}
