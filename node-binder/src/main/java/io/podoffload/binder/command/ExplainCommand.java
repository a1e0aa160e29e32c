package io.podoffload.binder.command;

import io.podoffload.binder.diagnosis.Checks;
import io.podoffload.binder.diagnosis.ClusterFacts;
import io.podoffload.binder.diagnosis.Finding;
import io.podoffload.binder.diagnosis.NodeFacts;
import io.podoffload.binder.examine.Hop;
import io.podoffload.binder.examine.PodExamination;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** {@code explain NAMESPACE/POD}: the chain of one pod, and where it breaks. Changes nothing. */
public final class ExplainCommand implements Command {

    private static final Duration WATCH = Duration.ofSeconds(2);

    private final PodExamination pods;
    private final Supplier<NodeFacts> node;
    private final Supplier<Optional<ClusterFacts>> cluster;
    private final JsonMapper json;

    /** @param cluster empty where this program may not read it */
    public ExplainCommand(
            PodExamination pods, Supplier<NodeFacts> node, Supplier<Optional<ClusterFacts>> cluster, JsonMapper json) {
        this.pods = pods;
        this.node = node;
        this.cluster = cluster;
        this.json = json;
    }

    @Override
    public String usage() {
        return """
                explain NAMESPACE/POD [--output json]   follow a pod of this node from admission to its flows; changes nothing

                Ends with 0 if the chain holds, with 1 if it breaks somewhere, with 2 if the command line is wrong.
                """;
    }

    /** What is printed as JSON. */
    record Explanation(String pod, List<Hop> hops, List<Finding> findings) {}

    @Override
    public int run(List<String> options, PrintStream out) {
        boolean asJson = options.size() == 3 && options.subList(1, 3).equals(List.of("--output", "json"));
        if (!asJson && options.size() != 1 || options.get(0).split("/", -1).length != 2) {
            throw new UsageException("explain wants NAMESPACE/POD");
        }
        String[] name = options.get(0).split("/", -1);
        List<Hop> hops = pods.examine(name[0], name[1], WATCH);
        boolean holds = hops.stream().allMatch(hop -> hop.state() == Hop.State.HOLDS);
        List<Finding> findings = holds ? List.of() : findings();
        if (asJson) {
            out.println(json.writerWithDefaultPrettyPrinter()
                    .writeValueAsString(new Explanation(options.get(0), hops, findings)));
        } else {
            print(hops, findings, out);
        }
        return hops.stream().anyMatch(hop -> hop.state() == Hop.State.BREAKS) ? 1 : 0;
    }

    private List<Finding> findings() {
        List<Finding> findings = new ArrayList<>(Checks.ofNode(node.get()));
        cluster.get().ifPresent(facts -> findings.addAll(Checks.ofCluster(facts)));
        return findings;
    }

    private static void print(List<Hop> hops, List<Finding> findings, PrintStream out) {
        boolean broken = false;
        for (Hop hop : hops) {
            String mark = switch (hop.state()) {
                case HOLDS -> "✓";
                case BREAKS -> "✗";
                case UNSEEN -> "?";
            };
            boolean first = hop.state() == Hop.State.BREAKS && !broken;
            broken |= first;
            out.printf("%s %-12s %s%s%n", mark, hop.name(), hop.text(), first ? "   <- breaks here" : "");
            if (!hop.cure().isEmpty()) {
                out.println("               " + hop.cure());
            }
        }
        if (!findings.isEmpty()) {
            out.println("What may be behind it:");
        }
        for (Finding finding : findings) {
            out.println("- " + finding.check() + ": " + finding.evidence());
            out.println("               " + finding.cure());
        }
    }
}
