package io.podoffload.webhook.injection;

import java.util.List;
import java.util.Map;

/**
 * All that the decision needs to know of a pod. Absent and null maps of the pod are empty maps here.
 *
 * @param labels {@code metadata.labels}
 * @param annotations {@code metadata.annotations}
 * @param hostNetwork {@code spec.hostNetwork}
 * @param containers {@code spec.containers}, then the restartable init containers
 */
public record PodFacts(
        Map<String, String> labels,
        Map<String, String> annotations,
        boolean hostNetwork,
        List<ContainerFacts> containers) {

    public PodFacts {
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
        containers = List.copyOf(containers);
    }
}
