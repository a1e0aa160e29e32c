package io.podoffload.webhook.injection;

import org.jspecify.annotations.Nullable;

/** What is known of the cluster at this moment; answers at once, from memory. */
public interface Cluster {

    /** Null while no such Namespace has been seen. */
    @Nullable
    NamespaceFacts namespace(String name);

    /** Null where no such NetworkAttachmentDefinition has been seen. */
    @Nullable
    NetworkFacts network(NetworkRef network);

    /** Whether a node-binder reports from a node that advertises {@code resource}. */
    boolean binderReports(String resource);
}
