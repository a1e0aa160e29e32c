package io.podoffload.binder.command;

import java.io.PrintStream;
import java.util.List;

/** One of the program's commands. */
public interface Command {

    /** The exit code of a command that could not do its work. */
    int FAILED = 1;

    /** The exit code of a command line that cannot be understood. */
    int USAGE = 2;

    /** What it is for and what it takes, for {@code --help}. */
    String usage();

    /**
     * @param options what follows the command's name, but for settings
     * @return the exit code
     */
    int run(List<String> options, PrintStream out);

    /** A command line that cannot be understood. */
    final class UsageException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UsageException(String message) {
            super(message);
        }
    }
}
