package io.podoffload.binder.offload;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A flow of a datapath of Open vSwitch, as {@code dpctl/dump-flows -m} prints it. Fields come in the order of the datapath and
 * the version (2.13 to 4.0), so they are found by name.
 *
 * @param id its ufid; where there is none, what it matches
 * @param inPort name of the port whose packets it matches
 * @param packets since it was made
 * @param bytes since it was made
 * @param actions what it does with them
 * @see <a href="https://docs.openvswitch.org/en/latest/ref/ovs-dpctl.8/">dpctl(8)</a>
 */
public record Flow(String id, String inPort, long packets, long bytes, Path path, String actions) {

    /** Who forwards the packets of a flow. */
    public enum Path {
        /** The NIC. */
        HARDWARE,
        /** The CPU, be it in tc, in the kernel's datapath or in ovs-vswitchd. */
        SOFTWARE,
        /** ovs-vswitchd or ovn-controller must see each packet: ARP, neighbour discovery and the like, which no NIC forwards. */
        CONTROL
    }

    /** Some versions of Open vSwitch give a flow that the NIC matches and the CPU forwards this value. */
    private static final String PARTIAL = "offloaded:partial";

    private static final String YES = "offloaded:yes";

    /** Whether {@code line} is a flow at all: userspace datapaths print a header for each thread. */
    public static boolean isHeader(String line) {
        return line.isBlank() || line.startsWith("flow-dump from ") || line.endsWith("@ovs-system:");
    }

    /** Empty where the line cannot be read. */
    public static Optional<Flow> parse(String line) {
        int actionsAt = line.indexOf(", actions:");
        int packetsAt = line.lastIndexOf("packets:", actionsAt < 0 ? line.length() : actionsAt);
        int bytesAt = line.indexOf(" bytes:", Math.max(packetsAt, 0));
        String inPort = between(line, "in_port(", ')');
        if (actionsAt < 0 || packetsAt < 0 || bytesAt < 0 || inPort.isEmpty()) {
            return Optional.empty();
        }
        String statistics = line.substring(packetsAt, actionsAt);
        int extra = line.indexOf(", dp-extra-info:", actionsAt);
        String actions = line.substring(actionsAt + ", actions:".length(), extra < 0 ? line.length() : extra);
        try {
            return Optional.of(new Flow(
                    line.startsWith("ufid:")
                            ? line.substring("ufid:".length(), line.indexOf(','))
                            : line.substring(0, packetsAt),
                    inPort,
                    number(line, packetsAt + "packets:".length()),
                    number(line, bytesAt + " bytes:".length()),
                    path(line, statistics, actions),
                    actions));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Path path(String line, String statistics, String actions) {
        if (statistics.contains(YES) && !statistics.contains(PARTIAL)) {
            return Path.HARDWARE;
        }
        boolean forNobodyElse =
                actions.startsWith("userspace(") || line.contains("eth_type(0x0806)") || isNeighbourDiscovery(line);
        return forNobodyElse ? Path.CONTROL : Path.SOFTWARE;
    }

    /** ICMPv6 types 133 to 137, RFC 4861. */
    private static boolean isNeighbourDiscovery(String line) {
        int at = line.indexOf("icmpv6(type=13");
        if (at < 0) {
            return false;
        }
        char last = line.charAt(at + "icmpv6(type=13".length());
        return last >= '3' && last <= '7';
    }

    private static String between(String line, String begin, char end) {
        int from = line.indexOf(begin);
        int to = from < 0 ? -1 : line.indexOf(end, from);
        return to < 0 ? "" : line.substring(from + begin.length(), to);
    }

    private static long number(String line, int at) {
        int end = at;
        while (end < line.length() && Character.isDigit(line.charAt(end))) {
            end++;
        }
        return Long.parseLong(line.substring(at, end));
    }

    /** Those of {@code ports} that it sends packets to. */
    Set<String> outputs(Set<String> ports) {
        Set<String> found = Set.of();
        int begin = 0;
        for (int at = 0; at <= actions.length(); at++) {
            if (at == actions.length() || isDelimiter(actions.charAt(at))) {
                if (at > begin && ports.contains(actions.substring(begin, at))) {
                    found = found.isEmpty() ? new HashSet<>() : found;
                    found.add(actions.substring(begin, at));
                }
                begin = at + 1;
            }
        }
        return found;
    }

    private static boolean isDelimiter(char letter) {
        return letter == ',' || letter == '(' || letter == ')' || letter == ' ';
    }
}
