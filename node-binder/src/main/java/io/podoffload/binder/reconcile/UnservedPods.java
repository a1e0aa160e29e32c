package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kube.BindingReporter;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.PodView;

/** Tells pods that were promised a VF and hold none: nobody else would, and they would wait for ever. */
public final class UnservedPods {

    private final NodePods pods;
    private final AllottedVfs allotted;
    private final Sandboxes sandboxes;
    private final BindingReporter reporter;

    public UnservedPods(NodePods pods, AllottedVfs allotted, Sandboxes sandboxes, BindingReporter reporter) {
        this.pods = pods;
        this.allotted = allotted;
        this.sandboxes = sandboxes;
        this.reporter = reporter;
    }

    /** Nobody is left to be told of this pod. */
    void forget(PodView pod) {
        reporter.forget(pod.ref());
    }

    void check(PodView pod) {
        if (pod.finished() || pod.isOnHostNetwork() || pod.isStatic() || !(pod.optsIn() || pod.waitsForBinding())) {
            return;
        }
        boolean injected = pod.waitsForBinding() || pod.namesDefaultNetwork() || pods.isHolder(pod);
        if (!injected) {
            reporter.report(pod.ref(), Reason.NotInjected, "");
        } else if (pod.waitsForBinding() && allotted.of(pod).isEmpty() && hasSandbox(pod)) {
            reporter.report(pod.ref(), Reason.NoVf, "");
        }
    }

    /** The kubelet allots devices before it has a sandbox made. */
    private boolean hasSandbox(PodView pod) {
        return sandboxes
                .look(false)
                .ofPod(pod.ref().podName())
                .newestReady(pod.ref().uid())
                .isPresent();
    }
}
