package io.podoffload.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.SimulatedCluster;
import io.podoffload.sim.SimulatedCluster.Printed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;

/**
 * How long the commands of the image take in the container of a running binder, beside a floor, which is Java alone in the same container,
 * and beside the same commands where no binder answers. Control groups are left out, so that no limit of the chart holds.
 */
public final class CommandBench {

    private static final int ROUNDS = 11;
    private static final String NO_BINDER = "--pod-offload.command-socket=/run/pod-offload/none.sock";

    private CommandBench() {}

    /** @param arguments the project's folder, and {@code --json} */
    public static void main(String[] arguments) throws Exception {
        Path project = Path.of(arguments[0]);
        Map<String, Long> milliseconds = new LinkedHashMap<>();
        try (SimulatedCluster cluster = new SimulatedCluster(
                project,
                Files.createDirectories(project.resolve("target/bench/commands")),
                new SimulatedCluster.Options(4, false, Optional.of(project.resolve("target/image/pod-offload.tar"))))) {
            cluster.useCni(CniMode.OTHER);
            cluster.awaitBound(cluster.create(web()), "Bound");
            milliseconds.put(
                    "floor", median(cluster, 0, "/opt/java/bin/java", "-Xshare:auto", "-XX:+UseSerialGC", "-version"));
            milliseconds.put("help", median(cluster, 0, "pod-offload"));
            milliseconds.put("explain", median(cluster, 1, "pod-offload", "explain", "default/web"));
            milliseconds.put("doctor", median(cluster, 1, "pod-offload", "doctor"));
            milliseconds.put("inventory", median(cluster, 0, "pod-offload", "inventory"));
            milliseconds.put(
                    "explain without a binder", median(cluster, 1, "pod-offload", "explain", "default/web", NO_BINDER));
            milliseconds.put("doctor without a binder", median(cluster, 1, "pod-offload", "doctor", NO_BINDER));
            milliseconds.put("inventory without a binder", median(cluster, 0, "pod-offload", "inventory", NO_BINDER));
        }
        if (Arrays.asList(arguments).contains("--json")) {
            System.out.println(JsonMapper.shared().writeValueAsString(milliseconds));
        } else {
            long floor = milliseconds.getOrDefault("floor", 1L);
            milliseconds.forEach((what, median) ->
                    System.out.printf("%-28s %6d ms  %5.1f x the floor%n", what, median, median / (double) floor));
        }
        System.exit(0);
    }

    private static Pod web() {
        return new PodBuilder()
                .withNewMetadata()
                .withName("web")
                .addToLabels("pod-offload.io/enabled", "true")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("web")
                .withImage("nginx")
                .endContainer()
                .endSpec()
                .build();
    }

    private static long median(SimulatedCluster cluster, int exitCode, String... command) {
        long[] nanos = IntStream.range(0, ROUNDS)
                .mapToLong(round -> {
                    long begin = System.nanoTime();
                    Printed printed = cluster.execInBinder(command);
                    if (printed.exitCode() != exitCode) {
                        throw new IllegalStateException(String.join(" ", command) + ": " + printed);
                    }
                    return System.nanoTime() - begin;
                })
                .sorted()
                .toArray();
        return nanos[ROUNDS / 2] / 1_000_000;
    }
}
