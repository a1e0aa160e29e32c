package io.podoffload.binder.binding;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What to do with a VF now, and what to say of it.
 *
 * @param reason the verdict if there are no steps; with steps, what is to be expected after them
 * @param detail facts for the message: names and addresses, of which tenants may have written some
 * @param steps in order; each is safe to repeat
 * @param asItIs what is true of the VF already, where the steps only write down or announce what is there
 */
public record Plan(Reason reason, String detail, List<Step> steps, Optional<Plan> asItIs) {

    public Plan {
        detail = PlainText.sentence(detail);
        steps = List.copyOf(steps);
    }

    public Plan(Reason reason, String detail, List<Step> steps) {
        this(reason, detail, steps, Optional.empty());
    }

    /** The same, where {@code verdict} is true already if none of the steps changes the way of packets. */
    Plan withVerdict(Plan verdict) {
        boolean isTrue = !steps.isEmpty() && steps.stream().allMatch(Step::changesNoTraffic);
        return new Plan(reason, detail, steps, isTrue ? Optional.of(verdict) : Optional.empty());
    }

    static Plan nothing(Reason reason, String detail) {
        return new Plan(reason, detail, List.of());
    }

    /** Whether it does more than keep what is written of a free VF, and its representor, as they should be. */
    public boolean isMoreThanUpkeep() {
        return steps.stream().anyMatch(step -> !(step instanceof Step.NoteVf || step instanceof Step.RepresentorDown));
    }

    /**
     * The same, without its steps.
     *
     * @param why a sentence that says so, without a full stop
     */
    public Plan paused(String why) {
        return withheld(Reason.Paused, why + "; to do is " + text());
    }

    /** The same, without its steps: what is true already, else {@code instead}. */
    public Plan withheld(Reason instead, String why) {
        return asItIs.orElseGet(() -> nothing(instead, why));
    }

    /** What the steps do, for the log. */
    public String text() {
        return steps.stream().map(Step::text).collect(Collectors.joining(", "));
    }

    /** Runs the steps in order, and stops at the first that fails. */
    public void applyTo(NodeNetwork node) {
        steps.forEach(step -> step.applyTo(node));
    }
}
