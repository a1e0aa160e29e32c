package io.podoffload.docs;

import io.podoffload.docs.DocPage.Command;
import io.podoffload.docs.DocumentedCommand.Runs;
import io.podoffload.docs.DocumentedCommand.Serves;
import io.podoffload.sim.Programs.Ended;
import io.podoffload.sim.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/** Types the command lines of pages into a shell as they stand, and compares what they print with what is known of them. */
public final class PageShell {

    private static final Duration SERVES_WITHIN = Duration.ofMinutes(3);

    private final Shell shell;
    private final Path logs;
    private final Map<String, String> nodeVariables;
    private final List<String> onNode;
    private final List<String> toServe;
    private final Map<String, String> printed = new LinkedHashMap<>();

    /**
     * @param logs folder for what a command prints that serves
     * @param nodeVariables of a command that a page says to type on a node
     * @param onNode the program, with its arguments, that runs such a command; empty if the shell does
     * @param toServe the same for a command that serves
     */
    public PageShell(
            Shell shell, Path logs, Map<String, String> nodeVariables, List<String> onNode, List<String> toServe) {
        this.shell = shell;
        this.logs = logs;
        this.nodeVariables = Map.copyOf(nodeVariables);
        this.onNode = List.copyOf(onNode);
        this.toServe = List.copyOf(toServe);
    }

    /** Runs a command. Empty if it does what is known of it, or is not run; otherwise what it did instead. */
    public Optional<String> run(Command command, @Nullable DocumentedCommand known) {
        if (known instanceof Serves serves) {
            return serve(command, serves);
        }
        if (!(known instanceof Runs expected)) {
            return Optional.empty();
        }
        Ended ended = command.key().startsWith(DocumentedCommands.BINDER_JAR)
                ? shell.type(script("on-node", onNode, command), nodeVariables)
                : shell.type(command.text());
        printed.put(command.key(), ended.output());
        boolean good = ended.exitCode() == expected.exitCode()
                && expected.prints().stream().allMatch(ended.output()::contains);
        return good
                ? Optional.empty()
                : Optional.of("%s\nended with %s and printed\n%s%s\nexpected %s"
                        .formatted(command, ended.exitCode(), ended.output(), ended.error(), expected));
    }

    /** Compares the outputs that a page shows with what its commands printed. */
    public List<String> differences(DocPage page) {
        return page.outputs().stream()
                .flatMap(shown -> DocumentedCommands.printerOf(shown)
                        .flatMap(command -> ShownOutput.difference(shown, printed.getOrDefault(command, "")))
                        .stream())
                .toList();
    }

    private Optional<String> serve(Command command, Serves serves) {
        try {
            Path log = Files.createDirectories(logs).resolve("serves.log");
            Files.deleteIfExists(log);
            Process process = shell.start(log, "exec " + script("serves", toServe, command));
            try {
                Awaitility.await()
                        .atMost(SERVES_WITHIN)
                        .until(() -> Files.readString(log).contains(serves.when()) || !process.isAlive());
                String said = Files.readString(log);
                return said.contains(serves.when()) ? Optional.empty() : Optional.of(command + "\nprinted\n" + said);
            } catch (ConditionTimeoutException e) {
                return Optional.of("%s\n%s, and printed\n%s".formatted(command, e.getMessage(), Files.readString(log)));
            } finally {
                process.descendants().forEach(ProcessHandle::destroy);
                process.destroy();
            }
        } catch (IOException e) {
            return Optional.of(command + ": " + e);
        }
    }

    /** The command line as it stands, in a file, and a program that runs it by bash. */
    private String script(String name, List<String> program, Command command) {
        return String.join(" ", program) + " bash " + shell.keep(name, command.text() + "\n");
    }
}
