package io.podoffload.binder.diagnosis;

import io.podoffload.binder.ovs.OvsConfiguration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** OVN binds a logical port to one interface; with two it changes its mind again and again. */
final class IfaceIdTwice implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "each port of OVN's is on one interface";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        Map<String, List<String>> byId = facts.ovs().stream()
                .flatMap(ovs -> ovs.interfaces().stream())
                .filter(row -> !row.ifaceId().isEmpty())
                .collect(Collectors.groupingBy(
                        OvsConfiguration.Interface::ifaceId,
                        TreeMap::new,
                        Collectors.mapping(OvsConfiguration.Interface::name, Collectors.toList())));
        return byId.entrySet().stream()
                .filter(entry -> entry.getValue().size() > 1)
                .map(
                        entry -> error(
                                "iface-id " + entry.getKey() + " is on several interfaces: "
                                        + String.join(", ", entry.getValue()),
                                "Remove it from all but the pod's own: ovs-vsctl remove Interface NAME external_ids iface-id."));
    }
}
