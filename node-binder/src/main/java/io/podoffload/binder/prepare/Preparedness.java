package io.podoffload.binder.prepare;

import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.PreparationPlan;
import io.podoffload.binder.nic.PreparationStep;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whether the node's NICs are what its settings ask for: the condition of the Node.
 *
 * @param message for a person
 */
public record Preparedness(State state, String message) {

    /** The reason of the condition. */
    public enum State {
        Prepared,
        /** Somebody or something changed a PF, or preparation was refused or failed. */
        NotPrepared
    }

    static Preparedness of(NodePreparation.Preview preview) {
        if (preview.isDone()) {
            return new Preparedness(State.Prepared, "The NICs of this node are as pod-offload.prepare asks.");
        }
        String differences = Stream.concat(
                        preview.plans().entrySet().stream()
                                .filter(entry -> !entry.getValue().isDone())
                                .map(entry -> difference(entry.getKey(), entry.getValue())),
                        Stream.concat(
                                preview.unmatched().stream(),
                                Stream.of("the udev rules for NetworkManager are not written")
                                        .filter(any -> preview.writesRules())))
                .collect(Collectors.joining("; "));
        return new Preparedness(
                State.NotPrepared,
                "The NICs of this node are not as pod-offload.prepare asks: " + differences
                        + ". Nothing is repaired under running pods: drain the node and delete its node-binder pod, which"
                        + " prepares the node when it starts, or run the command prepare.");
    }

    private static String difference(PhysicalFunction pf, PreparationPlan plan) {
        String steps = plan.steps().stream().map(PreparationStep::text).collect(Collectors.joining(", "));
        String obstacles = String.join(", ", plan.obstacles());
        return "PF " + pf.title() + (steps.isEmpty() ? "" : " wants to " + steps)
                + (obstacles.isEmpty() ? "" : " (" + obstacles + ")");
    }
}
