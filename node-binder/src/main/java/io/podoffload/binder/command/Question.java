package io.podoffload.binder.command;

import io.podoffload.binder.binding.PodName;

/** What a person asks of a node. */
public sealed interface Question {

    /** Where the chain of a pod breaks. */
    record Explain(PodName pod) implements Question {}

    /** What keeps pods of this node from being offloaded. */
    record Doctor() implements Question {}

    /** Which PFs and VFs there are, and which pod has which VF. */
    record Inventory() implements Question {}
}
