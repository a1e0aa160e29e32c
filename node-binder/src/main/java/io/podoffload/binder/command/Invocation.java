package io.podoffload.binder.command;

/**
 * What all commands of one call share.
 *
 * @param application the class of the binder's Spring application
 * @param wiring makes what a command needs that looks by itself
 */
record Invocation(Terminal terminal, Settings settings, Class<?> application, Class<?> wiring) {

    LocalNode localNode() {
        return new LocalNode(wiring, settings);
    }

    int print(Answer answer) {
        terminal.print(answer.text());
        return answer.exitCode();
    }
}
