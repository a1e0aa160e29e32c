package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Observed;
import io.podoffload.binder.binding.OwnerMark;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.binding.Port;
import io.podoffload.binder.binding.SandboxHistory;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.PodView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** What is left of the pods that marks and rows name: their objects, their sandboxes, their namespaces. */
final class Owners {

    /** Where runtimes bind network namespaces; an alias has room for the last part of the path only. */
    private static final Path NETNS = Path.of("/var/run/netns");

    /** Owners that went; older ones are long released. */
    private static final int REMEMBERED = 1_000;

    private final NodePods pods;
    private final LongSupplier nanoTime;

    /** Since when an owner is gone; guarded by this. */
    private final Map<String, Long> goneSince = new LinkedHashMap<>();

    Owners(NodePods pods, LongSupplier nanoTime) {
        this.pods = pods;
        this.nanoTime = nanoTime;
    }

    /** Of a mark. */
    Observed.Owner of(OwnerMark mark, Sandboxes.Look look) {
        return byUid(mark.podUid(), mark.sandboxId(), mark.netns(), look);
    }

    /** Of the binder's keys on a row, else of kube-ovn-cni's; empty if it carries neither. */
    Optional<Observed.Owner> of(Port row, Sandboxes.Look look) {
        Map<String, String> ids = row.externalIds();
        Optional<OwnerMark> mark = OwnerMark.read(ids);
        if (mark.isPresent()) {
            return Optional.of(of(mark.get(), look));
        }
        String podUid = ids.getOrDefault(OwnerMark.POD_UID, "");
        String sandboxId = ids.getOrDefault(OwnerMark.SANDBOX, "");
        String netns = ids.getOrDefault(Port.POD_NETNS, "");
        if (!podUid.isEmpty() && !sandboxId.isEmpty()) {
            return Optional.of(byUid(podUid, sandboxId, netns, look));
        }
        return row.kubeOvnPod()
                .flatMap(pod -> Port.kubeOvnSandbox(row.name()).map(sandbox -> byName(pod, sandbox, netns, look)));
    }

    private Observed.Owner byUid(String podUid, String sandboxId, String netns, Sandboxes.Look look) {
        SandboxHistory sandboxes = look.ofUid(podUid);
        boolean podGone =
                pods.findByUid(podUid).map(PodView::finished).orElse(true) || sandboxes.isReplaced(sandboxId, podUid);
        return owner(podUid + "/" + sandboxId, sandboxes.isReady(sandboxId), podGone, netns);
    }

    /**
     * kube-ovn-cni names no uid, and of a virtual machine not even the pod. The sandbox tells both while the runtime remembers it;
     * after that any pod of the name may be meant.
     */
    private Observed.Owner byName(PodName pod, String sandboxId, String netns, Sandboxes.Look look) {
        SandboxHistory sandboxes = look.ofPod(pod);
        Optional<String> uid = sandboxes
                .podUid(sandboxId)
                .or(() -> look.ofNamespace(pod.namespace()).podUid(sandboxId));
        if (uid.isPresent()) {
            return byUid(uid.get(), sandboxId, netns, look);
        }
        boolean podGone = pods.find(pod.namespace(), pod.name())
                .map(view -> view.finished()
                        || sandboxes.isReplaced(sandboxId, view.ref().uid()))
                .orElse(true);
        return owner(pod + "/" + sandboxId, false, podGone, netns);
    }

    private Observed.Owner owner(String key, boolean sandboxReady, boolean podGone, String netns) {
        return new Observed.Owner(
                sandboxReady,
                netns.isEmpty() || !Files.exists(NETNS.resolve(netns)),
                podGone,
                goneFor(key, podGone && !sandboxReady));
    }

    private synchronized Duration goneFor(String key, boolean gone) {
        if (!gone) {
            goneSince.remove(key);
            return Duration.ZERO;
        }
        long now = nanoTime.getAsLong();
        long since = goneSince.computeIfAbsent(key, unknown -> now);
        if (goneSince.size() > REMEMBERED) {
            goneSince.remove(goneSince.keySet().iterator().next());
        }
        return Duration.ofNanos(now - since);
    }
}
