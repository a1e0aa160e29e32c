package io.podoffload.binder.binding;

import io.podoffload.binder.binding.Desired.Binding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the binder does to take down what it made, once its pod is gone by the one rule of {@link Observed.Owner}. */
final class Release {

    private static final Duration OVN_LETS_GO_WITHIN = Duration.ofSeconds(5);
    private static final Duration VSWITCHD_LOOKS_WITHIN = Duration.ofSeconds(5);
    private static final Duration OVN_LOOKS_WITHIN = Duration.ofMillis(200);

    private Release() {}

    static Plan ofOurs(Observed observed, OwnerMark mark) {
        String detail = "VF %s of pod %s, sandbox %s".formatted(observed.pci(), mark.podUid(), mark.sandboxId());
        if (!observed.owner()
                .map(owner -> owner.mayBeReleased(observed.vfAtHome()))
                .orElse(false)) {
            return Plan.nothing(Reason.WaitingForRelease, detail);
        }
        String representor = observed.representor().name();
        boolean isThisBoots = mark.isOf(observed.boot());
        boolean isAway = isThisBoots && !observed.vfAtHome();
        List<Step> steps = new ArrayList<>();
        observed.port().ifPresent(row -> {
            if (isAway && row.ifaceId().isPresent()) {
                steps.add(new Step.Detach(representor, ownKeys(row))); // the way home may be long
            }
            if (observed.representor().up()) {
                steps.add(new Step.RepresentorDown(representor));
            }
        });
        if (isAway) {
            return new Plan(Reason.WaitingForVf, detail, steps);
        }
        if (isThisBoots) {
            VfIdentity original = observed.restorable(mark.original());
            reset(observed, original, steps);
            observed.note()
                    .filter(note -> note.holder().isPresent())
                    .ifPresent(held -> steps.add(new Step.NoteVf(representor, new VfNote(observed.pci(), original))));
        }
        if (observed.port().map(row -> isHeldByOvn(row, goneFor(observed))).orElse(false)) {
            return new Plan(Reason.WaitingForRelease, detail + ": ovn-controller has not let its port go", steps);
        }
        if (observed.port().map(row -> isUpForVswitchd(row, observed)).orElse(false)) {
            return new Plan(Reason.WaitingForRelease, detail + ": ovs-vswitchd has not seen it go down", steps);
        }
        observed.port().ifPresent(row -> steps.add(new Step.DeletePort(representor, ownKeys(row))));
        return new Plan(Reason.Free, detail, steps);
    }

    /**
     * A row that goes with its iface-id takes its port along. Of one that loses its iface-id before, and is deleted before
     * ovn-controller looked in between, it never learns that the port is gone, and 23.03 goes on with freed memory: it takes
     * {@code ovn-installed} off when it has let the port go. One that does not look at all is not waited for; nor is one, for
     * long, that had not installed the port yet.
     */
    private static boolean isHeldByOvn(Port row, Duration goneFor) {
        return row.ifaceId().isEmpty()
                && (row.installedByOvn() && goneFor.compareTo(OVN_LETS_GO_WITHIN) < 0
                        || !row.externalIds().containsKey(Port.OVN_INSTALLED_TS)
                                && goneFor.compareTo(OVN_LOOKS_WITHIN) < 0);
    }

    /**
     * When ovs-vswitchd lets a netdev go it takes the promiscuous flag off, and writes all flags anew as it saw them last: a
     * representor that it has not seen go down would come up again, with nothing to take it down.
     */
    private static boolean isUpForVswitchd(Port row, Observed observed) {
        return (row.adminUp() || observed.representor().up())
                && goneFor(observed).compareTo(VSWITCHD_LOOKS_WITHIN) < 0;
    }

    private static Duration goneFor(Observed observed) {
        return observed.owner().map(Observed.Owner::goneFor).orElse(OVN_LETS_GO_WITHIN);
    }

    private static void reset(Observed observed, VfIdentity original, List<Step> steps) {
        if (observed.place() instanceof Place.AtHome at && original.hasNetdev()) {
            if (!original.isShownBy(at.link())
                    || !at.link().alias().isEmpty()
                    || original.isHiddenBy(observed.adminMac())) {
                steps.add(new Step.ResetVf(observed.pci(), at.link().name(), original));
            }
        } else if (original.isHiddenBy(observed.adminMac())) {
            original.adminMac().ifPresent(mac -> steps.add(new Step.SetAdminMac(observed.pci(), mac)));
        }
    }

    /**
     * A CNI that takes the VF for its next pod renames the representor under a row that is still there. Such a row goes
     * when its pod does; the row of the very pod that is to be bound goes at once, and is made anew.
     */
    static Optional<Plan> strays(Desired desired, Observed observed) {
        List<Step> steps = new ArrayList<>();
        for (Observed.Held stray : observed.strays()) {
            boolean ofThisBinding = OwnerMark.read(stray.row().externalIds())
                    .map(mark -> desired instanceof Binding binding && binding.isMarkedBy(mark))
                    .orElse(false);
            if (ofThisBinding || isOfAGonePod(stray)) {
                steps.add(new Step.DeletePort(stray.row().name(), stableIds(stray.row())));
            }
        }
        return steps.isEmpty()
                ? Optional.empty()
                : Optional.of(new Plan(
                        Reason.WaitingForRelease, "rows that lost the representor of " + observed.pci(), steps));
    }

    private static boolean isOfAGonePod(Observed.Held held) {
        return held.owner()
                .map(owner -> owner.mayBeReleased(false)
                        && (!held.row().madeByKubeOvn() || owner.goneFor().compareTo(CniBinding.GRACE) >= 0))
                .orElse(false);
    }

    /** A row without netdev and VF is deleted when its pod is gone: there is no VF left whose identity it must keep. */
    static List<Step> ofAVfThatIsGone(List<Observed.Held> rows) {
        return rows.stream()
                .filter(Release::isOfAGonePod)
                .filter(held -> !isHeldByOvn(
                        held.row(), held.owner().map(Observed.Owner::goneFor).orElse(OVN_LETS_GO_WITHIN)))
                .map(held -> (Step) new Step.DeletePort(held.row().name(), stableIds(held.row())))
                .toList();
    }

    /** The keys that must not have changed for the row to be ours still. */
    private static Map<String, String> ownKeys(Port row) {
        Map<String, String> keys = new LinkedHashMap<>(row.externalIds());
        keys.keySet().removeIf(key -> !key.startsWith(OwnerMark.PREFIX) || key.equals(OwnerMark.ANNOUNCED));
        return keys;
    }

    /** The keys that say whose the row is; ovn-controller writes its own beside them at any time. */
    static Map<String, String> stableIds(Port row) {
        Map<String, String> keys = new LinkedHashMap<>(row.externalIds());
        keys.keySet().removeIf(key -> key.startsWith(Port.OVN_INSTALLED) || key.equals(OwnerMark.ANNOUNCED));
        return keys;
    }
}
