package io.podoffload.webhook.admission;

import io.podoffload.webhook.cluster.Owner;
import io.podoffload.webhook.injection.PodFacts;
import org.jspecify.annotations.Nullable;

/**
 * What a review says, as far as anybody here wants to know.
 *
 * @param uid to be echoed
 * @param namespace where the pod is created; the pod itself may not say
 * @param podName its name, or the prefix of the name it will get
 * @param dryRun whether nothing will come of it, so that nothing may be told
 * @param owner the controller that creates the pod, null where it has none
 * @param pod null where this is not the creation of a pod
 */
record Review(
        String uid,
        String namespace,
        String podName,
        boolean dryRun,
        @Nullable Owner owner,
        @Nullable PodFacts pod) {}
