package io.podoffload.binder.command;

import java.io.PrintStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** Runs a command with the same settings as the binder, given in the same ways. */
public final class CommandLine {

    private static final String HELP = """
            usage: java -jar node-binder.jar [COMMAND] [--SETTING=VALUE ...]

            Without a command it is the binder. Commands:
            """;

    private CommandLine() {}

    /** Whether the program is asked for a command, and not to be the binder. */
    public static boolean isAsked(String[] arguments) {
        return arguments.length > 0 && (!arguments[0].startsWith("-") || isHelp(arguments[0]));
    }

    private static boolean isHelp(String argument) {
        return argument.equals("--help") || argument.equals("-h");
    }

    /**
     * @param wiring has the commands as beans that bear their names
     * @return the exit code
     */
    public static int run(Class<?> wiring, String[] arguments, PrintStream out, PrintStream error) {
        Predicate<String> isSetting = argument -> argument.startsWith("--") && argument.contains("=");
        List<String> options =
                Arrays.stream(arguments).skip(1).filter(isSetting.negate()).toList();
        String[] settings = Arrays.stream(arguments).filter(isSetting).toArray(String[]::new);
        SpringApplicationBuilder application = new SpringApplicationBuilder(wiring)
                .web(WebApplicationType.NONE)
                .logStartupInfo(false)
                .properties(Map.of("pod-offload.node-name", hostName(), "logging.level.root", "warn"));
        try (ConfigurableApplicationContext context = application.run(settings)) {
            Map<String, Command> commands = context.getBeansOfType(Command.class);
            Optional<Command> command = Optional.ofNullable(commands.get(arguments[0]));
            if (isHelp(arguments[0]) || options.stream().anyMatch(CommandLine::isHelp)) {
                out.print(command.map(Command::usage).orElseGet(() -> help(commands)));
                return 0;
            }
            if (command.isEmpty()) {
                error.println("there is no command '" + arguments[0] + "'; there are " + commands.keySet());
                return Command.USAGE;
            }
            return command.get().run(options, out);
        } catch (Command.UsageException e) {
            error.println(e.getMessage() + "; see " + arguments[0] + " --help");
            return Command.USAGE;
        } catch (RuntimeException e) {
            error.println(arguments[0] + " failed: " + cause(e).getMessage());
            return Command.FAILED;
        }
    }

    /** What lies at the bottom says most: a socket, a file, a setting. */
    private static Throwable cause(Throwable failure) {
        Throwable deepest = failure;
        while (deepest.getCause() != null && deepest.getCause().getMessage() != null) {
            deepest = deepest.getCause();
        }
        return deepest;
    }

    private static String help(Map<String, Command> commands) {
        StringBuilder help = new StringBuilder(HELP);
        commands.forEach((name, command) -> help.append("  ")
                .append(command.usage().lines().findFirst().orElse(name))
                .append('\n'));
        return help.toString();
    }

    /** The name of the node, where nobody gave another. */
    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost"; // it is needed only where settings select nodes, and then nothing is found by this
        }
    }
}
