package io.podoffload.binder.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Puts a question to the running binder, or, where none runs, to this process itself. */
final class NodeQuestion {

    private NodeQuestion() {}

    static Answer ask(Invocation invocation, Request request) {
        Terminal terminal = invocation.terminal();
        if (invocation.settings().areOfACommand()) {
            terminal.error()
                    .println("Settings are given, so this command examines the node itself and asks no node-binder.");
            return local(invocation, request);
        }
        Path socket = invocation.settings().socket(System.getenv());
        try {
            Optional<Answer> answer = BinderClient.ask(socket, request);
            if (answer.isPresent()) {
                return answer.get();
            }
        } catch (IOException | IllegalStateException e) {
            return Answer.failure(
                    ExitCode.UNANSWERED, "The node-binder at " + socket + " cannot be asked: " + e.getMessage());
        }
        terminal.error().println("No node-binder answers at " + socket + ", so this command examines the node itself.");
        return local(invocation, request);
    }

    private static Answer local(Invocation invocation, Request request) {
        try (LocalNode node = invocation.localNode()) {
            return node.answers().to(request);
        }
    }
}
