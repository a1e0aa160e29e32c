package io.podoffload.cluster;

import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

/** What the node-binder of a node printed, as containerd keeps it on the node, so that no API server is needed to read it. */
final class BinderLog {

    private static final String FILES = "cat /var/log/pods/pod-offload_pod-offload-node-binder-*/node-binder/*.log";
    private static final Pattern STACK_FRAME = Pattern.compile("^\\s+at \\S+\\(.*\\).*");

    private final String node;
    private final Instant since;

    private BinderLog(String node, Instant since) {
        this.node = node;
        this.since = since;
    }

    /** What is printed from now on. */
    static BinderLog of(String node) {
        return new BinderLog(node, Instant.now());
    }

    /** Each line of a file begins with the time, the stream and a flag. */
    private List<String> lines() {
        return Cluster.on(node, "sh", "-c", FILES)
                .lines()
                .map(line -> line.split(" ", 4))
                .filter(parts -> parts.length == 4 && Instant.parse(parts[0]).isAfter(since))
                .map(parts -> parts[3])
                .toList();
    }

    List<String> warnings() {
        return lines().stream()
                .filter(line -> line.contains(" WARN ") || line.contains(" ERROR "))
                .toList();
    }

    List<String> with(String text) {
        return lines().stream().filter(line -> line.contains(text)).toList();
    }

    List<String> stackFrames() {
        return lines().stream()
                .filter(line -> STACK_FRAME.matcher(line).matches())
                .toList();
    }
}
