package io.podoffload.certs;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line: {@code java -jar certs.jar issue --help}. */
@Command(
        name = "certs",
        mixinStandardHelpOptions = true,
        version = "pod-offload certs",
        synopsisSubcommandLabel = "COMMAND",
        description = "Makes the certificates that let the API server trust the pod-offload webhook.",
        subcommands = {IssueCommand.class, InspectCommand.class, VerifyCommand.class})
public final class CertsCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    /** Prints UTF-8 under any locale: what is in a certificate is not always ASCII. */
    public static void main(String[] arguments) {
        System.exit(commandLine()
                .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                .execute(arguments));
    }

    /** The parser: bad options and failures are one sentence on standard error, never a stack trace. */
    static CommandLine commandLine() {
        return new CommandLine(new CertsCommand()).setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println("certs: " + sentence(failure));
            return command.getCommandSpec().exitCodeOnExecutionException();
        });
    }

    private static String sentence(Exception failure) {
        String kind = failure.getClass().getSimpleName();
        return failure instanceof java.nio.file.FileSystemException
                ? "cannot read or write " + failure.getMessage() + " (" + kind + ")"
                : String.valueOf(failure.getMessage());
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Say what to do: issue, inspect or verify");
    }
}
