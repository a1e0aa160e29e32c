package io.podoffload.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.Devlink;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.nic.Eswitch;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.TcOffload;
import io.podoffload.sim.Programs;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What our codec reads, held against what the system's own programs read from the same kernel. */
final class KernelsOwnWords {

    private static final JsonMapper JSON = JsonMapper.shared();

    private KernelsOwnWords() {}

    /** {@code ip -j -d link}. */
    static int linksAreAsIpSays(Links host) {
        Map<Integer, JsonNode> theirs = new HashMap<>();
        JSON.readTree(Programs.run("ip", "-j", "-d", "link"))
                .forEach(link -> theirs.put(link.path("ifindex").asInt(), link));
        Map<Integer, Link> ours = new HashMap<>();
        host.all().forEach(link -> ours.put(link.index(), link));
        assertThat(ours.keySet()).isEqualTo(theirs.keySet());
        ours.forEach((index, link) -> {
            JsonNode expected = theirs.getOrDefault(index, JSON.createObjectNode());
            assertThat(link.name()).isEqualTo(expected.path("ifname").asString());
            assertThat(link.mtu()).isEqualTo(expected.path("mtu").asInt());
            assertThat(link.up())
                    .as(link.name())
                    .isEqualTo(expected.path("flags").toString().contains("\"UP\""));
            assertThat(link.alias()).isEqualTo(expected.path("ifalias").asString(""));
            assertThat(link.parentDevice().orElse(""))
                    .as(link.name())
                    .isEqualTo(expected.path("parentdev").asString(""));
            if (expected.path("link_type").asString("").equals("ether")) {
                assertThat(link.mac().value())
                        .isEqualTo(expected.path("address").asString());
            }
        });
        return ours.size();
    }

    /** {@code devlink -j port}. */
    static int portsAreAsDevlinkSays(Devlink devlink) {
        Map<String, String> theirs = new TreeMap<>();
        JsonNode ports = JSON.readTree(Programs.run("devlink", "-j", "port")).path("port");
        ports.properties().forEach(entry -> {
            if (entry.getValue().path("flavour").asString("").equals("pcivf")) {
                String pf = entry.getKey().replaceAll("^pci/|/[^/]*$", "");
                theirs.put(
                        pf + " " + entry.getValue().path("vfnum").asInt(),
                        entry.getValue().path("netdev").asString());
            }
        });
        Map<String, String> ours = new TreeMap<>();
        devlink.vfPorts().forEach((port, netdev) -> ours.put(port.pf() + " " + port.vf(), netdev.orElse("")));
        assertThat(ours).isEqualTo(theirs).isNotEmpty();
        return ours.size();
    }

    /** {@code devlink -j dev eswitch show} and {@code ethtool -k}. */
    static void switchAndFeaturesAreAsTheySay(NicControl nics) {
        for (PhysicalFunction pf : nics.pfs()) {
            JsonNode theirs = JSON.readTree(Programs.run("devlink", "-j", "dev", "eswitch", "show", "pci/" + pf.pci()))
                    .path("dev")
                    .path("pci/" + pf.pci());
            assertThat(pf.eswitch().map(Eswitch::mode).map(Eswitch.Mode::text))
                    .hasValue(theirs.path("mode").asString());
            assertThat(pf.eswitch().flatMap(Eswitch::encap))
                    .hasValue(theirs.path("encap-mode").asString().equals("basic"));
            pf.uplink().ifPresent(uplink -> assertThat(uplink.tcOffload()).isEqualTo(offload(uplink.name())));
            pf.vfs()
                    .forEach(vf -> vf.representor()
                            .ifPresent(representor ->
                                    assertThat(representor.tcOffload()).isEqualTo(offload(representor.name()))));
        }
    }

    /** {@code devlink -j dev param show}. */
    static String steering(PciAddress pf) {
        return JSON.readTree(Programs.run(
                        "devlink", "-j", "dev", "param", "show", "pci/" + pf, "name", "flow_steering_mode"))
                .path("param")
                .path("pci/" + pf)
                .path(0)
                .path("values")
                .path(0)
                .path("value")
                .asString();
    }

    private static TcOffload offload(String netdev) {
        String line = Programs.run("ethtool", "-k", netdev)
                .lines()
                .filter(text -> text.startsWith("hw-tc-offload:"))
                .findFirst()
                .orElse("");
        if (line.contains(": on")) {
            return TcOffload.ON;
        }
        return line.contains("[fixed]") ? TcOffload.UNAVAILABLE : TcOffload.OFF;
    }
}
