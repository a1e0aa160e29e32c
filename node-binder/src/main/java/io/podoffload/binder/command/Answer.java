package io.podoffload.binder.command;

/**
 * What a command prints, and how it ends.
 *
 * @param exitCode one of {@link ExitCode}
 * @param text with a line feed at the end
 */
public record Answer(int exitCode, String text) {}
