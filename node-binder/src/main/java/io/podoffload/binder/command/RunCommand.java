package io.podoffload.binder.command;

import java.util.concurrent.Callable;
import org.springframework.boot.SpringApplication;
import picocli.CommandLine.Command;

/** {@code run}: the node-binder itself. */
@Command(
        name = "run",
        description = "Run the node-binder: bind and release the VFs of this node until the process ends.",
        footer = {"", "Its settings are in the README. pod-offload.node-name is required."})
public final class RunCommand implements Callable<Integer> {

    /** The command has returned, and the binder runs on in threads of its own. */
    public static final int RUNNING = -1;

    private final Invocation invocation;

    RunCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        System.setOut(invocation.terminal().out()); // the log is what it prints
        try {
            SpringApplication.run(
                    invocation.application(), invocation.settings().toArray());
            return RUNNING;
        } catch (RuntimeException e) {
            return Failure.exitCode(e); // Spring has logged it, with the cause
        }
    }
}
