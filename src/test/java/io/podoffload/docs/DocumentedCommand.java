package io.podoffload.docs;

import java.util.List;

/** What a test does with a command line of a page. */
public sealed interface DocumentedCommand {

    /**
     * It is run to its end.
     *
     * @param exitCode that it ends with where there is no hardware
     * @param prints parts of its output
     */
    record Runs(int exitCode, List<String> prints) implements DocumentedCommand {}

    /**
     * It is run until it says that it serves, and then ended.
     *
     * @param when what it prints then
     */
    record Serves(String when) implements DocumentedCommand {}

    /** It is not run. */
    record NotRun(String why) implements DocumentedCommand {}

    public static DocumentedCommand runs(String... prints) {
        return new Runs(0, List.of(prints));
    }

    public static DocumentedCommand endsWith(int exitCode, String... prints) {
        return new Runs(exitCode, List.of(prints));
    }
}
