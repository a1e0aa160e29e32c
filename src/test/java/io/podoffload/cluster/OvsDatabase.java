package io.podoffload.cluster;

import io.podoffload.sim.Programs;
import java.util.ArrayList;
import java.util.List;

/** {@code ovs-vsctl} of a node, in whose namespaces this process is. */
final class OvsDatabase {

    private OvsDatabase() {}

    /** Runs {@code ovs-vsctl} and returns what it prints. */
    static String vsctl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ovs-vsctl", "--timeout=30"));
        command.addAll(List.of(arguments));
        return Programs.run(command.toArray(String[]::new)).strip();
    }
}
