package io.podoffload.binder;

import io.podoffload.binder.command.ExitCode;
import io.podoffload.binder.command.PodOffloadCommand;
import io.podoffload.binder.command.RunCommand;

/** {@code java -jar node-binder.jar COMMAND}; in the image {@code pod-offload COMMAND}. */
public final class PodOffload {

    private PodOffload() {}

    public static void main(String[] arguments) {
        try {
            int code = PodOffloadCommand.execute(NodeBinderApplication.class, CommandWiring.class, arguments);
            if (code != RunCommand.RUNNING) {
                System.exit(code);
            }
        } catch (Error e) {
            System.err.println(arguments.length == 0 ? e : arguments[0] + ": " + e);
            System.exit(ExitCode.UNANSWERED); // and not with 1, which would be an answer
        }
    }
}
