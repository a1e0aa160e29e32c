package io.podoffload.sim;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import com.marcnuri.helm.UpgradeCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Helm's command line as far as the pages use it, in front of Helm's own engine: Debian has no package of Helm. An option that is not known
 * here ends it.
 */
public final class HelmProgram {

    private final Path kubeConfig = Path.of(System.getenv("KUBECONFIG"));
    private final List<String> words = new ArrayList<>();
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Map<String, Path> files = new LinkedHashMap<>();
    private String namespace = "default";
    private boolean createNamespace;
    private boolean reuseValues;

    private HelmProgram(String... arguments) {
        Deque<String> left = new ArrayDeque<>(List.of(arguments));
        while (!left.isEmpty()) {
            String argument = left.removeFirst();
            switch (argument) {
                case "-n", "--namespace" -> namespace = left.removeFirst();
                case "--create-namespace" -> createNamespace = true;
                case "--reuse-values" -> reuseValues = true;
                case "--set" -> {
                    String[] parts = left.removeFirst().split("=", 2);
                    values.put(parts[0], typed(parts[1]));
                }
                case "--set-file" -> {
                    String[] parts = left.removeFirst().split("=", 2);
                    files.put(parts[0], Path.of(parts[1]));
                }
                default -> {
                    if (argument.startsWith("-")) {
                        throw new IllegalArgumentException("unknown flag: " + argument);
                    }
                    words.add(argument);
                }
            }
        }
    }

    /** As Helm reads what follows {@code --set}. */
    private static Object typed(String text) {
        return text.equals("true") || text.equals("false")
                ? (Object) Boolean.valueOf(text)
                : text.matches("\\d+") ? (Object) Integer.valueOf(text) : text;
    }

    private String run() {
        return switch (words.get(0)) {
            case "install" -> install();
            case "upgrade" -> upgrade();
            case "uninstall" ->
                Helm.uninstall(words.get(1))
                        .withNamespace(namespace)
                        .withKubeConfig(kubeConfig)
                        .call();
            default -> throw new IllegalArgumentException("unknown command: " + words.get(0));
        };
    }

    private String install() {
        InstallCommand install = new Helm(Path.of(words.get(2)).toAbsolutePath())
                .install()
                .withName(words.get(1))
                .withNamespace(namespace)
                .withKubeConfig(kubeConfig)
                .disableOpenApiValidation();
        if (createNamespace) {
            install.createNamespace();
        }
        values.forEach(install::set);
        files.forEach(install::setFile);
        return install.call().getOutput();
    }

    private String upgrade() {
        UpgradeCommand upgrade = new Helm(Path.of(words.get(2)).toAbsolutePath())
                .upgrade()
                .withName(words.get(1))
                .withNamespace(namespace)
                .withKubeConfig(kubeConfig)
                .disableOpenApiValidation();
        if (reuseValues) {
            upgrade.reuseValues();
        }
        values.forEach(upgrade::set);
        files.forEach(upgrade::setFile);
        return upgrade.call().getOutput();
    }

    /** As of {@code helm}. */
    public static void main(String[] arguments) throws IOException {
        try {
            System.out.println(new HelmProgram(arguments).run());
        } catch (IllegalArgumentException | IllegalStateException e) {
            System.err.println("Error: " + e.getMessage());
            System.exit(1);
        }
    }
}
