package io.podoffload.binder.diagnosis;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.nic.Eswitch;
import io.podoffload.binder.nic.Netdev;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.TcOffload;
import io.podoffload.binder.nic.VirtualFunction;
import io.podoffload.binder.ovs.OvsConfiguration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A node on which all is well, and what a test makes of it. */
final class Facts {

    String kernel = "6.1.0-13-amd64";
    String device = "101d";
    Optional<Eswitch> eswitch = Optional.of(new Eswitch(Eswitch.Mode.SWITCHDEV, Optional.of(true)));
    Netdev uplink = new Netdev("enp3s0f0", 9000, TcOffload.ON);
    Netdev representor = new Netdev("eth7", 9000, TcOffload.ON);
    Map<String, String> otherConfig = new HashMap<>(Map.of("hw-offload", "true"));
    Set<String> datapathTypes = Set.of("system");
    List<OvsConfiguration.Interface> interfaces = new ArrayList<>(List.of(port("eth7", 3, "", "a.default")));
    Set<String> hooks = Set.of("eth7");
    Set<String> managed = Set.of();

    static OvsConfiguration.Interface port(String name, int ofport, String error, String ifaceId) {
        return new OvsConfiguration.Interface(name, ofport, error, Map.of("iface-id", ifaceId));
    }

    NodeFacts node() {
        PhysicalFunction pf = new PhysicalFunction(
                new PciAddress("0000:03:00.0"),
                "15b3",
                device,
                Optional.of("mlx5_core"),
                Optional.of(uplink),
                127,
                eswitch,
                Optional.empty(),
                List.of(new VirtualFunction(
                        0,
                        new PciAddress("0000:03:00.2"),
                        Optional.of("mlx5_core"),
                        Optional.of("eth2"),
                        Optional.of(representor))));
        return new NodeFacts(
                kernel,
                List.of(pf),
                Optional.of(new OvsConfiguration(
                        "3.1.0", otherConfig, Map.of(), Map.of("eth7", "br-int"), datapathTypes, interfaces)),
                hooks,
                managed);
    }

    NodeFacts withoutPf() {
        return new NodeFacts(kernel, List.of(), Optional.empty(), Set.of(), Set.of());
    }
}
