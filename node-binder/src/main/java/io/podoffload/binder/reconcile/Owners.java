package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Observed;
import io.podoffload.binder.binding.OwnerMark;
import io.podoffload.binder.binding.Port;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.PodView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Finds out what is left of the pod that a row or a VF's mark names. */
final class Owners {

    /** Where containerd and CRI-O bind the namespaces that an ifalias names by their last part only. */
    private static final Path NETNS = Path.of("/var/run/netns");

    /** Far more than a node has VFs; older ones are long released. */
    private static final int REMEMBERED = 1_000;

    private final Sandboxes sandboxes;
    private final NodePods pods;
    private final Clock clock;

    /** Since when an owner is gone; guarded by this. */
    private final Map<Key, Instant> goneSince = new LinkedHashMap<>();

    private record Key(String podUid, String sandboxId) {}

    Owners(Sandboxes sandboxes, NodePods pods, Clock clock) {
        this.sandboxes = sandboxes;
        this.pods = pods;
        this.clock = clock;
    }

    /** Of the binder's keys on {@code row}, else of {@code mark}; empty if neither names an owner. */
    Optional<Observed.Owner> of(Optional<Port> row, Optional<OwnerMark> mark) {
        Map<String, String> ids = row.map(Port::externalIds).orElse(Map.of());
        Optional<OwnerMark> whole = OwnerMark.read(ids).or(() -> mark);
        String podUid = whole.map(OwnerMark::podUid).orElse(ids.getOrDefault(OwnerMark.POD_UID, ""));
        String sandboxId = whole.map(OwnerMark::sandboxId).orElse(ids.getOrDefault(OwnerMark.SANDBOX, ""));
        if (podUid.isEmpty() || sandboxId.isEmpty()) {
            return Optional.empty();
        }
        String netns = whole.map(OwnerMark::netns).orElse(ids.getOrDefault("pod_netns", ""));
        boolean sandboxReady = sandboxes.isReady(sandboxId);
        boolean podGone =
                pods.findByUid(podUid).map(PodView::finished).orElse(true) || sandboxes.isReplaced(sandboxId, podUid);
        return Optional.of(new Observed.Owner(
                sandboxReady,
                netns.isEmpty() || !Files.exists(NETNS.resolve(netns)),
                podGone,
                goneFor(new Key(podUid, sandboxId), podGone && !sandboxReady)));
    }

    private synchronized Duration goneFor(Key key, boolean gone) {
        if (!gone) {
            goneSince.remove(key);
            return Duration.ZERO;
        }
        Instant now = clock.instant();
        Instant since = goneSince.computeIfAbsent(key, unknown -> now);
        if (goneSince.size() > REMEMBERED) {
            goneSince.remove(goneSince.keySet().iterator().next());
        }
        return Duration.between(since, now);
    }
}
