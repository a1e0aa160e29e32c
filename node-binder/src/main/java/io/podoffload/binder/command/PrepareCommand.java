package io.podoffload.binder.command;

import io.podoffload.binder.nic.PreparationPlan;
import io.podoffload.binder.nic.PreparationStep;
import io.podoffload.binder.prepare.NodePreparation;
import io.podoffload.binder.prepare.Outcome;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code prepare}: makes the node's NICs what the settings ask for. */
@Command(
        name = "prepare",
        description = "Make the NICs of this node what pod-offload.prepare.pfs asks for.",
        footer = {
            "",
            "Settings are those of the binder, such as",
            "  --pod-offload.prepare.pfs[0].netdev=enp1s0f0 --pod-offload.prepare.pfs[0].vfs=8",
            "  --pod-offload.prepare.pfs[0].eswitch=switchdev --pod-offload.prepare.pfs[0].hw-tc-offload=true",
            "or a file: --spring.config.additional-location=FILE."
        })
final class PrepareCommand implements Callable<Integer> {

    private static final String REFUSED = "refused";

    private final PodOffloadCommand root;
    private final Invocation invocation;

    @Option(
            names = {"--plan", "--dry-run"},
            description = "Only say what would be done.")
    private boolean plan;

    @Option(
            names = "--best-effort",
            description = "Do nothing on a Node that is paused, and end with 0 whatever came of it.")
    private boolean bestEffort;

    PrepareCommand(PodOffloadCommand root, Invocation invocation) {
        this.root = root;
        this.invocation = invocation;
    }

    /**
     * What was done to a PF, or would be.
     *
     * @param outcome nothing to do, planned, prepared, refused or failed
     */
    record Pf(String pf, String outcome, List<String> steps, List<String> messages) {}

    /**
     * The result as a whole.
     *
     * @param udevRules whether the rules that keep NetworkManager from VFs were written, or would be
     * @param unmatched what is asked for PFs that are not there; sentences for a person
     */
    record Result(boolean good, boolean udevRules, List<Pf> pfs, List<String> unmatched) {}

    @Override
    public Integer call() {
        try (LocalNode node = invocation.localNode()) {
            NodePreparation preparation = node.preparation();
            Result result = plan
                    ? planned(preparation.preview())
                    : done(bestEffort ? preparation.prepareUnlessPaused() : preparation.prepare());
            boolean isAsked = preparation.isAsked();
            int code = invocation.print(root.style(invocation.terminal())
                    .answer(result.good() ? ExitCode.WELL : ExitCode.WRONG, result, marks -> text(result, isAsked)));
            return bestEffort ? ExitCode.WELL : code;
        } catch (NodePreparation.PauseUnknown e) {
            throw e; // in its init container it is started again
        } catch (RuntimeException e) {
            if (!bestEffort) {
                throw e;
            }
            invocation.terminal().error().println("nothing was prepared: " + Failure.sentence(e));
            return ExitCode.WELL;
        }
    }

    private static Result planned(NodePreparation.Preview preview) {
        List<Pf> pfs = preview.plans().entrySet().stream()
                .map(entry -> pf(entry.getKey().title(), entry.getValue()))
                .toList();
        boolean possible = preview.unmatched().isEmpty()
                && preview.plans().values().stream()
                        .allMatch(one -> one.obstacles().isEmpty());
        return new Result(possible, preview.writesRules(), pfs, preview.unmatched());
    }

    private static Pf pf(String title, PreparationPlan plan) {
        String outcome = plan.isDone() ? "nothing to do" : plan.obstacles().isEmpty() ? "planned" : REFUSED;
        return new Pf(title, outcome, texts(plan.steps()), plan.obstacles());
    }

    private static Result done(NodePreparation.Report report) {
        List<Pf> pfs = report.outcomes().stream()
                .map(outcome -> new Pf(
                        outcome.pf().value(), outcome(outcome.kind()), texts(outcome.done()), outcome.messages()))
                .toList();
        return new Result(report.isGood(), report.wroteRules(), pfs, report.unmatched());
    }

    private static String outcome(Outcome.Kind kind) {
        return switch (kind) {
            case NOTHING_TO_DO -> "nothing to do";
            case PREPARED -> "prepared";
            case REFUSED -> REFUSED;
            case FAILED -> "failed";
        };
    }

    private static List<String> texts(List<PreparationStep> steps) {
        return steps.stream().map(PreparationStep::text).toList();
    }

    private String text(Result result, boolean isAsked) {
        StringBuilder out = new StringBuilder();
        if (!isAsked) {
            out.append("pod-offload.prepare.pfs names no PF, so there is nothing to do\n");
        }
        if (result.udevRules()) {
            out.append(plan ? "would write" : "wrote").append(" the udev rules that keep NetworkManager from VFs\n");
        }
        for (Pf pf : result.pfs()) {
            out.append("PF %s: %s%n"
                    .formatted(
                            pf.pf(),
                            pf.outcome().equals(REFUSED) && !plan ? "refused, nothing was changed" : pf.outcome()));
            pf.steps()
                    .forEach(step -> out.append(plan ? "  would " : "  did ")
                            .append(step)
                            .append('\n'));
            pf.messages()
                    .forEach(message -> out.append(plan ? "  refused: " : "  ")
                            .append(message)
                            .append('\n'));
        }
        result.unmatched().forEach(line -> out.append(line).append('\n'));
        return out.toString();
    }
}
