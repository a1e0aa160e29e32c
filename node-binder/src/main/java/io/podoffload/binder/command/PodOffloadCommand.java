package io.podoffload.binder.command;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line: {@code pod-offload COMMAND}, or {@code java -jar node-binder.jar COMMAND}. */
@Command(
        name = "pod-offload",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND",
        description = "Binds VFs to pods on this node, and says where a pod's packets run.",
        sortOptions = false,
        usageHelpWidth = 110,
        versionProvider = PodOffloadCommand.Version.class,
        footer = {
            "",
            "Options and settings (--pod-offload.node-name=NAME) may stand in any order. Settings may also be environment",
            "variables (POD_OFFLOAD_NODE_NAME). Where a node-binder runs, explain, doctor and inventory ask it."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:All is well.",
            "1:What was asked about is not as it should be.",
            "2:The command line or a setting cannot be understood.",
            "3:Only warnings were found.",
            "4:The question could not be answered."
        })
public final class PodOffloadCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "text|json",
            scope = ScopeType.INHERIT,
            description = "For people (text, the default) or for programs (json).")
    private Style.Format format = Style.Format.TEXT;

    @Option(
            names = "--marks",
            paramLabel = "unicode|ascii",
            scope = ScopeType.INHERIT,
            description = "Characters of the output; else those that the terminal has.")
    private @Nullable Marks marks;

    private PodOffloadCommand() {}

    /** As the jar's manifest has it. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = PodOffloadCommand.class.getPackage().getImplementationVersion();
            return new String[] {"pod-offload " + (version == null ? "of an unpacked build" : version)};
        }
    }

    /**
     * Runs one command.
     *
     * @param application the class of the binder's Spring application
     * @param wiring makes what a command needs that examines the node itself
     * @return the exit code, one of {@link ExitCode}, or {@link RunCommand#RUNNING}
     */
    public static int execute(Class<?> application, Class<?> wiring, String... arguments) {
        Invocation invocation =
                new Invocation(Terminal.ofThisProcess(), Settings.among(arguments), application, wiring);
        return commandLine(invocation).execute(Settings.allBut(arguments));
    }

    static CommandLine commandLine(Invocation invocation) {
        PodOffloadCommand root = new PodOffloadCommand();
        return new CommandLine(root)
                .addSubcommand(new RunCommand(invocation))
                .addSubcommand(new ExplainCommand(root, invocation))
                .addSubcommand(new DoctorCommand(root, invocation))
                .addSubcommand(new InventoryCommand(root, invocation))
                .addSubcommand(new PrepareCommand(root, invocation))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false)
                .setOut(new PrintWriter(invocation.terminal().out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(invocation.terminal().error(), true, StandardCharsets.UTF_8))
                .setParameterExceptionHandler(PodOffloadCommand::explainWhatIsWrong)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println(command.getCommandName() + ": " + Failure.sentence(failure));
                    return Failure.exitCode(failure);
                });
    }

    /** In two lines, so that the sentence is not lost above a page of usage. */
    private static int explainWhatIsWrong(CommandLine.ParameterException wrong, String... arguments) {
        CommandLine command = wrong.getCommandLine();
        command.getErr().println(Marks.ASCII.shown(String.valueOf(wrong.getMessage())));
        command.getErr().println("See " + command.getCommandSpec().qualifiedName() + " --help.");
        return ExitCode.USAGE;
    }

    Style style(Terminal terminal) {
        return new Style(format, marks == null ? terminal.marks() : marks);
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
