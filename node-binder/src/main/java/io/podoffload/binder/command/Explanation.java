package io.podoffload.binder.command;

import io.podoffload.binder.diagnosis.Finding;
import io.podoffload.binder.examine.Hop;
import java.util.List;

/**
 * The chain of a pod.
 *
 * @param findings of the node, and of the cluster where that was read, if the chain does not hold
 */
record Explanation(String pod, List<Hop> hops, List<Finding> findings) {

    private static final String INDENT = " ".repeat(15);

    int exitCode() {
        if (hops.stream().anyMatch(hop -> hop.state() == Hop.State.ELSEWHERE)) {
            return ExitCode.UNANSWERED;
        }
        return hops.stream().anyMatch(hop -> hop.state() == Hop.State.BREAKS) ? ExitCode.WRONG : ExitCode.WELL;
    }

    String text(Marks marks) {
        StringBuilder out = new StringBuilder();
        boolean broken = false;
        for (Hop hop : hops) {
            boolean first = hop.state() == Hop.State.BREAKS && !broken;
            broken |= first;
            out.append("%s %-12s %s%s%n"
                    .formatted(mark(hop, marks), hop.name(), hop.text(), first ? "   <- breaks here" : ""));
            if (!hop.cure().isEmpty()) {
                out.append(INDENT).append(hop.cure()).append('\n');
            }
        }
        if (!findings.isEmpty()) {
            out.append("What may be behind it:\n");
        }
        for (Finding finding : findings) {
            out.append("- %s: %s%n".formatted(finding.check(), finding.evidence()));
            out.append(INDENT).append(finding.cure()).append('\n');
        }
        return out.toString();
    }

    private static String mark(Hop hop, Marks marks) {
        return switch (hop.state()) {
            case HOLDS -> marks.good();
            case BREAKS -> marks.bad();
            case UNSEEN, ELSEWHERE -> marks.unknown();
        };
    }
}
