package io.podoffload.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the programs of the release asked of the API server, by its own audit log. Watches stand in it when they end, and do not count. */
final class AuditLog {

    private static final Path FILE = Cluster.PROJECT.resolve("target/cluster/logs/audit");
    private static final String ACCOUNT = "system:serviceaccount:" + Release.NAMESPACE + ":pod-offload-";

    private AuditLog() {}

    /**
     * A request.
     *
     * @param account {@code webhook} or {@code node-binder}
     * @param node on which the program runs
     * @param resource with its subresource
     * @param code HTTP status
     */
    record Request(Instant at, String account, String node, String verb, String resource, int code) {

        private static Request of(JsonNode entry) {
            JsonNode object = entry.path("objectRef");
            String part = object.path("subresource").asString("");
            return new Request(
                    Instant.parse(entry.path("requestReceivedTimestamp").asString()),
                    entry.at("/user/username").asString().substring(ACCOUNT.length()),
                    entry.at("/user/extra")
                            .path("authentication.kubernetes.io/node-name")
                            .path(0)
                            .asString("?"),
                    entry.path("verb").asString(),
                    object.path("resource").asString(entry.path("requestURI").asString())
                            + (part.isEmpty() ? "" : "/" + part),
                    entry.at("/responseStatus/code").asInt());
        }

        String kind() {
            return "%-11s %-5s %-6s %s %d".formatted(account, node, verb, resource, code);
        }
    }

    /** Those that were received from {@code begin} on, and before {@code end}. */
    static List<Request> between(Instant begin, Instant end) {
        try (Stream<String> lines = Files.lines(FILE)) {
            return lines.filter(line -> line.contains("\"username\":\"" + ACCOUNT))
                    .map(line -> JsonMapper.shared().readTree(line))
                    .filter(entry -> !entry.path("verb").asString().equals("watch"))
                    .map(Request::of)
                    .filter(request ->
                            !request.at().isBefore(begin) && request.at().isBefore(end))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many there are of each kind, one kind a line. */
    static String table(List<Request> requests) {
        Map<String, Long> counts =
                requests.stream().collect(Collectors.groupingBy(Request::kind, TreeMap::new, Collectors.counting()));
        return counts.entrySet().stream()
                .map(entry -> "%5d %s".formatted(entry.getValue(), entry.getKey()))
                .collect(Collectors.joining("\n"));
    }
}
