package io.podoffload.binder.binding;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The sandboxes that the container runtime knows of the pods of one name, or of one pod. */
public record SandboxHistory(List<Sandbox> sandboxes) {

    private static final Comparator<Sandbox> AGE =
            Comparator.comparingInt(Sandbox::attempt).thenComparingLong(Sandbox::createdAt);

    public SandboxHistory {
        sandboxes = List.copyOf(sandboxes);
    }

    /** The sandbox that runs the pod now: READY, and the newest if an old one lingers. */
    public Optional<Sandbox> newestReady(String podUid) {
        return ready().filter(sandbox -> sandbox.pod().uid().equals(podUid)).max(AGE);
    }

    /** Whether the sandbox whose id begins with {@code id} is READY; not if the runtime does not know it. */
    public boolean isReady(String id) {
        return ready().anyMatch(sandbox -> sandbox.id().startsWith(id));
    }

    /** Whether a READY sandbox other than {@code id} runs the pod with this uid. */
    public boolean isReplaced(String id, String podUid) {
        return ready().anyMatch(sandbox ->
                sandbox.pod().uid().equals(podUid) && !sandbox.id().startsWith(id));
    }

    /** The uid of the pod whose sandbox's id begins with {@code id}; of several, of one that runs. */
    public Optional<String> podUid(String id) {
        return sandboxes.stream()
                .filter(sandbox -> sandbox.id().startsWith(id))
                .max(Comparator.comparing(Sandbox::ready))
                .map(sandbox -> sandbox.pod().uid());
    }

    private java.util.stream.Stream<Sandbox> ready() {
        return sandboxes.stream().filter(Sandbox::ready);
    }
}
