package io.podoffload.binder.command;

import io.podoffload.binder.nic.PreparationPlan;
import io.podoffload.binder.nic.PreparationStep;
import io.podoffload.binder.prepare.NodePreparation;
import io.podoffload.binder.prepare.Outcome;
import java.io.PrintStream;
import java.util.List;
import java.util.Set;

/** {@code prepare}: makes the node's NICs what the settings ask for. */
public final class PrepareCommand implements Command {

    private static final Set<String> PLAN = Set.of("--plan", "--dry-run");
    private static final String BEST_EFFORT = "--best-effort";

    private final NodePreparation preparation;

    public PrepareCommand(NodePreparation preparation) {
        this.preparation = preparation;
    }

    @Override
    public String usage() {
        return """
                prepare [--plan] [--best-effort]   make the NICs of this node what pod-offload.prepare.pfs asks for

                  --plan, --dry-run   only say what would be done
                  --best-effort       end with 0 whatever came of it
                Settings are those of the binder, such as
                  --pod-offload.prepare.pfs[0].netdev=enp1s0f0 --pod-offload.prepare.pfs[0].vfs=8
                  --pod-offload.prepare.pfs[0].eswitch=switchdev --pod-offload.prepare.pfs[0].hw-tc-offload=true
                or a file: --spring.config.additional-location=FILE.
                Ends with 0 if all is, or would be, as asked for; with 1 if not; with 2 if the command line is wrong.
                """;
    }

    @Override
    public int run(List<String> options, PrintStream out) {
        options.stream()
                .filter(option -> !PLAN.contains(option) && !option.equals(BEST_EFFORT))
                .findFirst()
                .ifPresent(option -> {
                    throw new UsageException("prepare knows no '" + option + "'");
                });
        if (!preparation.isAsked()) {
            out.println("pod-offload.prepare.pfs names no PF, so there is nothing to do");
            return 0;
        }
        boolean bestEffort = options.contains(BEST_EFFORT);
        try {
            boolean good = options.stream().anyMatch(PLAN::contains) ? plan(out) : prepare(out);
            return good || bestEffort ? 0 : FAILED;
        } catch (RuntimeException e) {
            if (!bestEffort) {
                throw e;
            }
            out.println("nothing was prepared: " + e.getMessage());
            return 0;
        }
    }

    private boolean plan(PrintStream out) {
        NodePreparation.Preview preview = preparation.preview();
        if (preview.writesRules()) {
            out.println("would write the udev rules that keep NetworkManager from VFs");
        }
        boolean possible = preview.unmatched().isEmpty();
        for (var entry : preview.plans().entrySet()) {
            PreparationPlan plan = entry.getValue();
            out.println("PF " + entry.getKey().title() + (plan.isDone() ? ": nothing to do" : ":"));
            plan.steps().forEach(step -> out.println("  would " + step.text()));
            plan.obstacles().forEach(obstacle -> out.println("  refused: " + obstacle));
            possible &= plan.obstacles().isEmpty();
        }
        preview.unmatched().forEach(out::println);
        return possible;
    }

    private boolean prepare(PrintStream out) {
        NodePreparation.Report report = preparation.prepare();
        if (report.wroteRules()) {
            out.println("wrote the udev rules that keep NetworkManager from VFs");
        }
        for (Outcome outcome : report.outcomes()) {
            out.println("PF " + outcome.pf() + ": "
                    + switch (outcome.kind()) {
                        case NOTHING_TO_DO -> "nothing to do";
                        case PREPARED -> "prepared";
                        case REFUSED -> "refused, nothing was changed";
                        case FAILED -> "failed";
                    });
            outcome.done().stream().map(PreparationStep::text).forEach(text -> out.println("  did " + text));
            outcome.messages().forEach(message -> out.println("  " + message));
        }
        report.unmatched().forEach(out::println);
        return report.isGood();
    }
}
