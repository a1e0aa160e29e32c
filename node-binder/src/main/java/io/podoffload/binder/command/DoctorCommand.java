package io.podoffload.binder.command;

import io.podoffload.binder.diagnosis.Check;
import io.podoffload.binder.diagnosis.Checks;
import io.podoffload.binder.diagnosis.ClusterFacts;
import io.podoffload.binder.diagnosis.Finding;
import io.podoffload.binder.diagnosis.NodeFacts;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** {@code doctor}: whether pods on this node, or in this cluster, would be offloaded. Changes nothing. */
public final class DoctorCommand implements Command {

    private static final int ERRORS = 1;
    private static final int WARNINGS = 3;

    private final Supplier<NodeFacts> node;
    private final Supplier<ClusterFacts> cluster;
    private final JsonMapper json;

    public DoctorCommand(Supplier<NodeFacts> node, Supplier<ClusterFacts> cluster, JsonMapper json) {
        this.node = node;
        this.cluster = cluster;
        this.json = json;
    }

    @Override
    public String usage() {
        return """
                doctor [--cluster] [--output json]   say what keeps packets out of the NIC, before any pod; changes nothing

                  --cluster       look at the cluster (networks, Subnets, Kube-OVN, Multus) instead of at this node
                  --output json   for programs
                Ends with 0 if all is well, 1 if an error was found, 3 if only warnings were, 2 if the command line is wrong.
                """;
    }

    /** One line of the result. */
    record Result(String check, boolean well, List<Finding> findings, String wellWhen) {}

    @Override
    public int run(List<String> options, PrintStream out) {
        List<String> rest = new ArrayList<>(options);
        boolean ofCluster = rest.remove("--cluster");
        boolean asJson = rest.equals(List.of("--output", "json"));
        if (!asJson && !rest.isEmpty()) {
            throw new UsageException("doctor knows no '" + String.join(" ", rest) + "'");
        }
        List<Result> results = ofCluster ? look(Checks.CLUSTER, cluster.get()) : look(Checks.NODE, node.get());
        if (asJson) {
            out.println(json.writerWithDefaultPrettyPrinter().writeValueAsString(results));
        } else {
            results.forEach(result -> print(result, out));
        }
        List<Finding> findings =
                results.stream().flatMap(result -> result.findings().stream()).toList();
        if (findings.stream().anyMatch(finding -> finding.severity() == Finding.Severity.ERROR)) {
            return ERRORS;
        }
        return findings.isEmpty() ? 0 : WARNINGS;
    }

    private static <F> List<Result> look(List<Check<F>> checks, F facts) {
        return checks.stream()
                .map(check -> {
                    List<Finding> findings = check.look(facts).toList();
                    return new Result(check.name(), findings.isEmpty(), findings, check.wellWhen());
                })
                .toList();
    }

    private static void print(Result result, PrintStream out) {
        if (result.well()) {
            out.println("✓ " + result.wellWhen());
        }
        for (Finding finding : result.findings()) {
            out.println((finding.severity() == Finding.Severity.ERROR ? "✗ " : "! ") + finding.check() + ": "
                    + finding.evidence());
            out.println("    " + finding.cure());
        }
    }
}
