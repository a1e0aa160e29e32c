package io.podoffload.binder.prepare;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.nic.PreparationStep;
import java.util.List;

/**
 * What became of the preparation of a PF.
 *
 * @param done steps that were carried out and stand
 * @param messages for a person: why not, or what was tried first
 */
public record Outcome(PciAddress pf, Kind kind, List<PreparationStep> done, List<String> messages) {

    public Outcome {
        done = List.copyOf(done);
        messages = List.copyOf(messages);
    }

    /** How it ended. */
    public enum Kind {
        NOTHING_TO_DO(true),
        PREPARED(true),
        /** Somebody uses the PF, or it cannot be what is asked for; nothing was touched. */
        REFUSED(false),
        /** The kernel refused a step. */
        FAILED(false);

        private final boolean good;

        Kind(boolean good) {
            this.good = good;
        }
    }

    public boolean isGood() {
        return kind.good;
    }
}
