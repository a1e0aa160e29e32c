package io.podoffload.webhook.injection;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that the decision needs to know of a pod. What the pod does not have is null here.
 *
 * @param hasMetadata whether {@code metadata} is there and an object
 * @param hasAnnotations whether {@code metadata.annotations} is there and an object
 * @param enabled the label {@link Labels#ENABLED}
 * @param profile the annotation {@link Labels#PROFILE}
 * @param container the annotation {@link Labels#CONTAINER}
 * @param mirror whether this is the mirror of a static pod
 * @param hostNetwork {@code spec.hostNetwork}
 * @param defaultNetwork the annotation {@link Labels#DEFAULT_NETWORK}
 * @param networks the annotation {@link Labels#NETWORKS}
 * @param readinessGates condition types of {@code spec.readinessGates}; null where there is no such list
 * @param containers {@code spec.containers}, then the restartable init containers
 */
public record PodFacts(
        boolean hasMetadata,
        boolean hasAnnotations,
        @Nullable String enabled,
        @Nullable String profile,
        @Nullable String container,
        boolean mirror,
        boolean hostNetwork,
        Networks defaultNetwork,
        Networks networks,
        @Nullable List<String> readinessGates,
        List<ContainerFacts> containers) {}
