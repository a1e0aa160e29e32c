package io.podoffload.binder.command;

import io.podoffload.binder.binding.PodName;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code explain}: the chain of one pod, and where it breaks. */
@Command(
        name = "explain",
        description =
                "Follow a pod of this node from admission to its flows, and say where the chain breaks. Changes nothing.")
final class ExplainCommand implements Callable<Integer> {

    private final PodOffloadCommand root;
    private final Invocation invocation;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(paramLabel = "[NAMESPACE/]POD", description = "The pod.")
    private String pod = "";

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Its Namespace, if it does not stand before the name; else default.")
    private String namespace = "default";

    ExplainCommand(PodOffloadCommand root, Invocation invocation) {
        this.root = root;
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        Request request = new Request(new Question.Explain(pod()), root.style(invocation.terminal()));
        return invocation.print(NodeQuestion.ask(invocation, request));
    }

    private PodName pod() {
        try {
            return Request.pod(pod.contains("/") ? pod : namespace + "/" + pod);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }
}
