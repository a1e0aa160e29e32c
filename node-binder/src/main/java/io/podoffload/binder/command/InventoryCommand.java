package io.podoffload.binder.command;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code inventory}: what there is, and which pod has it. */
@Command(
        name = "inventory",
        description = "List PFs, VFs and representors of this node, and the pod that has each VF. Changes nothing.")
final class InventoryCommand implements Callable<Integer> {

    private final PodOffloadCommand root;
    private final Invocation invocation;

    InventoryCommand(PodOffloadCommand root, Invocation invocation) {
        this.root = root;
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        Request request = new Request(new Question.Inventory(), root.style(invocation.terminal()));
        return invocation.print(NodeQuestion.ask(invocation, request));
    }
}
