package io.podoffload.binder.command;

/**
 * What all commands of one call share.
 *
 * @param application the class of the binder's Spring application
 * @param wiring makes what a command needs that examines the node itself
 */
record Invocation(Terminal terminal, Settings settings, Class<?> application, Class<?> wiring) {

    LocalNode localNode() {
        return new LocalNode(wiring, settings);
    }

    /** @return the exit code; that the answer cannot be written is one too */
    int print(Answer answer) {
        terminal.error().print(answer.error());
        return terminal.print(answer.text()) ? answer.exitCode() : ExitCode.UNANSWERED;
    }
}
