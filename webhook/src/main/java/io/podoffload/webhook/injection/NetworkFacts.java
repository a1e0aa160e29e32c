package io.podoffload.webhook.injection;

import org.jspecify.annotations.Nullable;

/**
 * What the decision needs to know of a NetworkAttachmentDefinition.
 *
 * @param resource its annotation {@code k8s.v1.cni.cncf.io/resourceName}, null where there is none
 */
public record NetworkFacts(@Nullable String resource) {}
