package io.podoffload.binder.command;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The arguments that are settings, {@code --pod-offload.node-name=node1}: those with a dot in their name. They may stand anywhere on the
 * command line.
 */
public record Settings(List<String> arguments) {

    public static final String SOCKET = "pod-offload.command-socket";
    public static final String DEFAULT_SOCKET = "/run/pod-offload/binder.sock";

    private static final Predicate<String> IS_SETTING = Pattern.compile(
                    "--[A-Za-z][\\w\\[\\]-]*\\.[^=]*=.*", Pattern.DOTALL)
            .asMatchPredicate();

    static Settings among(String... arguments) {
        return new Settings(Arrays.stream(arguments).filter(IS_SETTING).toList());
    }

    static String[] allBut(String... arguments) {
        return Arrays.stream(arguments).filter(IS_SETTING.negate()).toArray(String[]::new);
    }

    /** Where the binder listens for commands, found without Spring, which takes seconds to start. */
    Path socket(Map<String, String> environment) {
        return Path.of(value(SOCKET)
                .or(() -> Optional.ofNullable(environment.get("POD_OFFLOAD_COMMAND_SOCKET")))
                .filter(path -> !path.isBlank())
                .orElse(DEFAULT_SOCKET));
    }

    /** Whether a command was given settings of its own, so that the running binder's are not meant. */
    boolean areOfACommand() {
        return arguments.stream().anyMatch(argument -> !argument.startsWith("--" + SOCKET + "="));
    }

    private Optional<String> value(String name) {
        String start = "--" + name + "=";
        return arguments.stream()
                .filter(argument -> argument.startsWith(start))
                .map(argument -> argument.substring(start.length()))
                .findFirst();
    }

    String[] toArray() {
        return arguments.toArray(String[]::new);
    }
}
