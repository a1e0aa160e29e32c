package io.podoffload.binder.command;

/**
 * What a command prints, and how it ends.
 *
 * @param exitCode one of {@link ExitCode}
 * @param text for the standard output, with a line feed at the end; empty where there is no result
 * @param error for the standard error, with a line feed at the end; empty where there is a result
 */
public record Answer(int exitCode, String text, String error) {

    static Answer result(int exitCode, String text) {
        return new Answer(exitCode, text, "");
    }

    static Answer failure(int exitCode, String sentence) {
        return new Answer(exitCode, "", sentence + "\n");
    }
}
