package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.reconcile.Reconciler.Next;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Looks at one pod: asks the kubelet which VFs it holds, has these looked at, and says so where it was promised one and holds none. */
public final class PodReconciler {

    private final NodePods pods;
    private final AllottedVfs allotted;
    private final UnservedPods unserved;
    private final Consumer<PciAddress> look;

    /** Pods whose sandbox runs, so that what the kubelet says from now on is of these very pods. */
    private final Set<String> running = ConcurrentHashMap.newKeySet();

    /** @param queue of VFs */
    public PodReconciler(NodePods pods, AllottedVfs allotted, UnservedPods unserved, WorkQueue<PciAddress> queue) {
        this.pods = pods;
        this.allotted = allotted;
        this.unserved = unserved;
        this.look = queue::look;
    }

    /** The pod's own sandbox runs. */
    void isRunning(String uid) {
        running.add(uid);
    }

    void forget(String uid) {
        running.remove(uid);
    }

    /** @param uid of the pod */
    public Next reconcile(String uid) {
        Optional<PodView> pod = pods.findByUid(uid);
        if (pod.isEmpty()) {
            return Next.ON_EVENT;
        }
        boolean isMissed = false;
        if (pods.isHolder(pod.get())) {
            boolean runs = running.contains(uid);
            List<PciAddress> vfs = runs ? allotted.confirmed(pod.get()) : allotted.of(pod.get());
            vfs.forEach(look);
            isMissed = runs && vfs.isEmpty();
        }
        unserved.check(pod.get());
        return isMissed ? Next.UNTIL_THERE : Next.ON_EVENT; // an answer of the kubelet's may be older than the sandbox
    }
}
