package io.podoffload.binder.command;

/** How a command ends; the same for all of them. */
public final class ExitCode {

    public static final int WELL = 0;

    /** What was asked about is not as it should be. */
    public static final int WRONG = 1;

    /** The command line or a setting cannot be understood. */
    public static final int USAGE = 2;

    /** Only warnings were found. */
    public static final int WARNINGS = 3;

    /** The question could not be answered. */
    public static final int UNANSWERED = 4;

    private ExitCode() {}
}
