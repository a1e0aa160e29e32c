package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.function.Consumer;

/**
 * Pods by uid: after an interruption an informer may tell of a pod and the next one of its name as of one that changed.
 *
 * @param onChange called with a pod that was known before
 */
record ByUid(Consumer<Pod> onNew, Consumer<Pod> onChange, Consumer<Pod> onGone) implements ResourceEventHandler<Pod> {

    @Override
    public void onAdd(Pod pod) {
        onNew.accept(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
        if (before.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
            onChange.accept(pod);
        } else {
            onGone.accept(before);
            onNew.accept(pod);
        }
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
        onGone.accept(pod);
    }
}
