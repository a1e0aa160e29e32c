package io.podoffload.cluster;

import io.podoffload.sim.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Creates pods with {@code dryRun=All}: the API server does all of it except to keep them. */
final class DryRun {

    private final Path folder;

    /** @param folder in which manifests are put for kubectl */
    DryRun(Path folder) {
        this.folder = folder;
    }

    /**
     * What the user gets.
     *
     * @param error what kubectl printed of a refusal; empty if the pod was admitted
     * @param warnings each warning of pod-offload, joined by semicolons
     * @param pod as admitted; of no meaning if it was refused
     */
    record Answer(String error, String warnings, JsonNode pod) {

        boolean isAdmitted() {
            return error.isEmpty();
        }
    }

    Answer create(String namespace, String pod) {
        Path file = folder.resolve("pod.json");
        try {
            Files.writeString(file, pod);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String path = "/api/v1/namespaces/" + namespace + "/pods?dryRun=All";
        Programs.Ended ended =
                Programs.end(Map.of(), List.of("kubectl", "create", "--raw", path, "--filename", file.toString()));
        String warnings = ended.error()
                .lines()
                .filter(line -> line.startsWith("Warning: pod-offload: "))
                .map(line -> line.substring("Warning: ".length()))
                .collect(Collectors.joining("; "));
        String error = ended.exitCode() == 0
                ? ""
                : ended.error()
                        .lines()
                        .filter(line -> !line.startsWith("Warning: "))
                        .collect(Collectors.joining("\n"));
        return new Answer(error, warnings, JsonMapper.shared().readTree(error.isEmpty() ? ended.output() : "{}"));
    }
}
