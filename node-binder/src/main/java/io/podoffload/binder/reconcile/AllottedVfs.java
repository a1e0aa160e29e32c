package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.AllocationSource;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.PodView;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which pod holds which VF.
 *
 * <p>A pod keeps its devices for as long as it lives, so the source is asked about each pod twice, however often its VFs are
 * looked at: when the pod is first seen, and, because the source knows names only and might mean an earlier pod of the same
 * name, once more when the pod's own sandbox runs.
 */
public final class AllottedVfs {

    private final AllocationSource source;
    private final NodePods pods;
    private final Map<String, Allotment> byPod = new HashMap<>(); // guarded by this

    /** @param confirmed read while the pod's own sandbox ran */
    private record Allotment(List<PciAddress> vfs, boolean confirmed) {}

    public AllottedVfs(AllocationSource source, NodePods pods) {
        this.source = source;
        this.pods = pods;
    }

    /** The living pod that holds the VF, as far as is known. The kubelet is not asked, so a look never waits for an answer about another pod. */
    Optional<PodView> holder(PciAddress pci) {
        List<PodView> holders =
                pods.holders().stream().filter(pod -> known(pod).contains(pci)).toList();
        Comparator<PodView> newest = Comparator.comparing(PodView::createdAt);
        return holders.stream()
                .filter(this::isConfirmed)
                .max(newest)
                .or(() -> holders.stream().max(newest));
    }

    /** Asks the kubelet whether it has allotted the VF to a pod that has not finished; the watch of pods may not show that pod yet. */
    boolean isAllotted(PciAddress pci) {
        return source.all().entrySet().stream()
                .filter(pod -> pod.getValue().contains(pci))
                .map(Map.Entry::getKey)
                .anyMatch(pod -> !pods.find(pod.namespace(), pod.name())
                        .map(PodView::finished)
                        .orElse(false));
    }

    /** The VFs of a pod; empty while it has none, and for a pod that asks for none. */
    List<PciAddress> of(PodView pod) {
        synchronized (this) {
            Allotment known = byPod.get(pod.ref().uid());
            if (known != null) {
                return known.vfs();
            }
        }
        return ask(pod, false);
    }

    /** The VFs of a pod as far as they are known; nobody is asked. */
    synchronized List<PciAddress> known(PodView pod) {
        Allotment known = byPod.get(pod.ref().uid());
        return known == null ? List.of() : known.vfs();
    }

    /** Asks once more if what is known was read before the pod's own sandbox ran. */
    List<PciAddress> confirmed(PodView pod) {
        if (isConfirmed(pod)) {
            return of(pod);
        }
        return ask(pod, true);
    }

    /** Whether what is known was read while the pod's own sandbox ran. */
    private synchronized boolean isConfirmed(PodView pod) {
        Allotment known = byPod.get(pod.ref().uid());
        return known != null && known.confirmed();
    }

    private List<PciAddress> ask(PodView pod, boolean confirms) {
        List<PciAddress> vfs = source.of(pod.ref().podName());
        synchronized (this) {
            if (vfs.isEmpty()) {
                byPod.remove(pod.ref().uid()); // not admitted yet, or not any more
            } else {
                byPod.put(pod.ref().uid(), new Allotment(vfs, confirms));
            }
        }
        return vfs;
    }

    /** The VFs of a pod that is gone, as far as they were known; they are forgotten. */
    synchronized List<PciAddress> forget(PodView pod) {
        Allotment known = byPod.remove(pod.ref().uid());
        return known == null ? List.of() : known.vfs();
    }

    /** Reads everything anew, and returns all VFs that are allotted. */
    Set<PciAddress> refresh() {
        Map<PodName, List<PciAddress>> now = source.all();
        List<PodView> holders = pods.holders();
        synchronized (this) {
            Map<String, Allotment> before = new HashMap<>(byPod);
            byPod.clear();
            for (PodView pod : holders) {
                List<PciAddress> vfs = now.getOrDefault(pod.ref().podName(), List.of());
                Allotment old = before.get(pod.ref().uid());
                if (old != null && old.confirmed()) {
                    byPod.put(pod.ref().uid(), old);
                } else if (!vfs.isEmpty()) {
                    byPod.put(pod.ref().uid(), new Allotment(vfs, false));
                }
            }
        }
        Set<PciAddress> all = new HashSet<>();
        now.values().forEach(all::addAll);
        return all;
    }
}
