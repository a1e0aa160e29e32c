package io.podoffload.webhook.uninstall;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A pod with the readiness gate, which still runs.
 *
 * @param message what the condition says of it
 */
record OffloadedPod(String namespace, String name, boolean bound, String reason, String message) {

    private static final String GATE = "pod-offload.io/bound";
    private static final Set<String> FINISHED = Set.of("Succeeded", "Failed");

    /** Those of the whole cluster, not all read at once. */
    static Stream<OffloadedPod> all(KubernetesClient client, long pageSize) {
        return Stream.iterate(
                        page(client, pageSize, null),
                        Objects::nonNull,
                        page -> next(page) == null ? null : page(client, pageSize, next(page)))
                .map(PodList::getItems)
                .flatMap(List::stream)
                .filter(pod -> isGated(pod) && !isFinished(pod))
                .map(OffloadedPod::of);
    }

    private static @Nullable String next(PodList page) {
        String token = page.getMetadata() == null ? null : page.getMetadata().getContinue();
        return token == null || token.isEmpty() ? null : token;
    }

    private static PodList page(KubernetesClient client, long pageSize, @Nullable String token) {
        return client.pods()
                .inAnyNamespace()
                .list(new ListOptionsBuilder()
                        .withLimit(pageSize)
                        .withContinue(token)
                        .build());
    }

    private static boolean isGated(Pod pod) {
        return pod.getSpec().getReadinessGates() != null
                && pod.getSpec().getReadinessGates().stream()
                        .anyMatch(gate -> gate.getConditionType().equals(GATE));
    }

    private static boolean isFinished(Pod pod) {
        return pod.getStatus() != null
                && FINISHED.contains(String.valueOf(pod.getStatus().getPhase()));
    }

    private static OffloadedPod of(Pod pod) {
        Optional<PodCondition> condition =
                pod.getStatus() == null || pod.getStatus().getConditions() == null
                        ? Optional.empty()
                        : pod.getStatus().getConditions().stream()
                                .filter(one -> one.getType().equals(GATE))
                                .findFirst();
        return new OffloadedPod(
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                condition.map(one -> one.getStatus().equals("True")).orElse(false),
                condition.map(PodCondition::getReason).orElse("no verdict yet"),
                condition.map(PodCondition::getMessage).orElse("no binder has looked at it"));
    }

    /** And not by a CNI, which takes down itself what it bound. */
    boolean isBoundByBinder() {
        return bound && reason.equals("Bound");
    }

    boolean isBoundByCni() {
        return bound && !isBoundByBinder();
    }

    @Override
    public String toString() {
        return namespace + "/" + name + ": " + message;
    }
}
