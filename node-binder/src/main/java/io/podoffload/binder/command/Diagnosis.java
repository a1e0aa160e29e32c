package io.podoffload.binder.command;

import io.podoffload.binder.diagnosis.Check;
import io.podoffload.binder.diagnosis.Finding;
import java.util.List;

/** What the checks of a node or of the cluster found, in their order. */
record Diagnosis(List<Result> results) {

    /** What one check found; nothing where all is well. */
    record Result(String check, boolean well, List<Finding> findings, String wellWhen) {}

    static <F> Diagnosis of(List<Check<F>> checks, F facts) {
        return new Diagnosis(checks.stream()
                .map(check -> {
                    List<Finding> findings = check.look(facts).toList();
                    return new Result(check.name(), findings.isEmpty(), findings, check.wellWhen());
                })
                .toList());
    }

    int exitCode() {
        List<Finding> findings =
                results.stream().flatMap(result -> result.findings().stream()).toList();
        if (findings.stream().anyMatch(finding -> finding.severity() == Finding.Severity.ERROR)) {
            return ExitCode.WRONG;
        }
        return findings.isEmpty() ? ExitCode.WELL : ExitCode.WARNINGS;
    }

    String text(Marks marks) {
        StringBuilder out = new StringBuilder();
        for (Result result : results) {
            if (result.well()) {
                out.append("%s %s%n".formatted(marks.good(), result.wellWhen()));
            }
            for (Finding finding : result.findings()) {
                String mark = finding.severity() == Finding.Severity.ERROR ? marks.bad() : marks.warning();
                out.append("%s %s: %s%n".formatted(mark, finding.check(), finding.evidence()));
                out.append("    ").append(finding.cure()).append('\n');
            }
        }
        return out.toString();
    }
}
