package io.podoffload.binder.binding;

import io.podoffload.binder.binding.Desired.Binding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the binder does where kube-ovn-cni bound the VF: verify, repair, and clean up after it; never fight it. */
final class CniBinding {

    /** kube-ovn-cni's own DEL and its garbage collector, which runs every minute, go first. */
    static final Duration GRACE = Duration.ofSeconds(60);

    private CniBinding() {}

    /** The representor has a row that the binder did not make. */
    static Plan withPort(Desired desired, Observed observed, Port row) {
        if (!row.madeByKubeOvn() || !row.type().isEmpty()) {
            return Plan.nothing(Reason.BoundByAnother, "the port of representor " + row.name());
        }
        if (desired instanceof Binding binding && row.isFor(binding.netns())) {
            return adopt(binding, observed, row);
        }
        if (desired instanceof Desired.Machine machine && row.isFor(machine.netns())) {
            return verify(machine, observed, row);
        }
        boolean gone = observed.owner()
                .map(owner -> owner.mayBeReleased(observed.vfAtHome())
                        && owner.goneFor().compareTo(GRACE) >= 0)
                .orElse(false);
        if (!gone) {
            return Plan.nothing(
                    desired instanceof Desired.Pending pending ? pending.reason() : Reason.WaitingForRelease,
                    "the CNI's port " + row.name());
        }
        List<Step> steps = new ArrayList<>();
        if (observed.representor().up()) {
            steps.add(new Step.RepresentorDown(row.name()));
        }
        steps.add(new Step.DeletePort(row.name(), Release.stableIds(row)));
        return new Plan(Reason.Free, "the CNI left its port " + row.name(), steps);
    }

    /** The CNI made all of it and will take all of it down; the binder says whether it works. */
    private static Plan verify(Desired.Machine machine, Observed observed, Port row) {
        String detail = "VF %s of the virtual machine %s, representor %s, OVN port %s"
                .formatted(observed.pci(), machine.machine(), row.name(), machine.ifaceId());
        return row.ifaceId().equals(Optional.of(machine.ifaceId()))
                ? Plan.nothing(OwnBinding.verified(Optional.of(row), Reason.Adopted), detail)
                : Plan.nothing(Reason.BoundByAnother, detail + ": the port has another iface-id");
    }

    private static Plan adopt(Binding wanted, Observed observed, Port row) {
        Binding binding = wanted.asBound(Optional.of(row), observed.note());
        String ifaceId = binding.network().ifaceId();
        String detail = "VF %s, representor %s, OVN port %s%s"
                .formatted(
                        observed.pci(),
                        row.name(),
                        ifaceId,
                        wanted.isSameNetwork(binding.network()) ? "" : OwnBinding.CHANGED_SINCE);
        if (row.ifaceId().isPresent() && !row.ifaceId().get().equals(ifaceId)) {
            return Plan.nothing(Reason.BoundByAnother, detail + ": the port has another iface-id");
        }
        List<Step> steps = new ArrayList<>();
        if (!row.adoptedFor(binding)) {
            steps.add(new Step.MarkRow(row.name(), Release.stableIds(row), ourKeys(binding, observed.pci())));
        }
        observed.note()
                .filter(note -> !note.lent())
                .ifPresent(note -> steps.add(new Step.NoteVf(row.name(), note.asLent())));
        if (row.ifaceId().isEmpty()) {
            Optional<Plan> held = heldByAnother(observed, steps);
            if (held.isPresent()) {
                return held.get();
            }
            steps.add(new Step.Attach(row.name(), ifaceId));
        }
        if (!observed.representor().up()) {
            steps.add(new Step.RepresentorUp(row.name(), observed.representor().mtu()));
        }
        Optional<MacAddress> mac = binding.network().mac();
        if (mac.isPresent()
                && observed.adminMac().isPresent()
                && !observed.adminMac().equals(mac)) {
            steps.add(new Step.SetAdminMac(observed.pci(), mac.get())); // a late DEL of the pod before zeroes it
        }
        Plan asItIs = verify(observed, row, binding.network(), detail);
        return steps.isEmpty() ? asItIs : new Plan(Reason.WaitingForOvn, detail, steps).withVerdict(asItIs);
    }

    private static Plan verify(Observed observed, Port row, PodNetwork network, String detail) {
        if (observed.place() instanceof Place.AtHome) {
            return Plan.nothing(Reason.WaitingForVf, detail + ": the VF is still on the host");
        }
        if (observed.place() instanceof Place.InPod in) {
            Optional<MacAddress> mac = network.mac();
            if (mac.isPresent() && !in.link().mac().equals(mac.get())) {
                return Plan.nothing(
                        Reason.WrongMac, detail + ": its MAC is " + in.link().mac() + " and should be " + mac.get());
            }
            Optional<InterfaceAddress> duplicate = network.addresses().stream()
                    .filter(in.duplicates()::contains)
                    .findFirst();
            if (duplicate.isPresent()) {
                return Plan.nothing(Reason.DuplicateAddress, detail + ": " + duplicate.get());
            }
        }
        return Plan.nothing(OwnBinding.verified(Optional.of(row), Reason.Adopted), detail);
    }

    /** A late ADD of a dead sandbox takes the iface-id from the living one's row. */
    private static Optional<Plan> heldByAnother(Observed observed, List<Step> steps) {
        for (Observed.Held rival : observed.rivals()) {
            if (!rival.isAbandoned()) {
                return Optional.of(Plan.nothing(
                        Reason.BoundByAnother,
                        "the OVN port is on " + rival.row().name()));
            }
            steps.add(new Step.Detach(rival.row().name(), Release.stableIds(rival.row())));
        }
        return Optional.empty();
    }

    private static Map<String, String> ourKeys(Binding binding, PciAddress pci) {
        return Map.of(
                OwnerMark.OWNER, OwnerMark.ADOPTED,
                OwnerMark.POD_UID, binding.pod().uid(),
                OwnerMark.SANDBOX, binding.sandboxId(),
                OwnerMark.PCI, pci.value(),
                OwnerMark.NETWORK, NetworkText.of(binding.network()));
    }

    /** The VF is in the pod, the representor is named after this very sandbox, and the row that goes with them is gone. */
    static boolean lostItsPort(Binding binding, Observed observed) {
        return observed.port().isEmpty()
                && observed.place() instanceof Place.InPod
                && Port.kubeOvnSandbox(observed.representor().name())
                        .map(sandbox -> binding.sandboxId().startsWith(sandbox))
                        .orElse(false);
    }

    /** With the CNI's keys, so that its DEL and its tools find the row, and ours. The keys are as they were, where that is known. */
    static Plan restorePort(Binding binding, Observed observed) {
        Map<String, String> keys = observed.lastRow()
                .filter(row -> row.madeByKubeOvn() && row.isFor(binding.netns()))
                .map(Port::keysOfMaker)
                .orElseGet(LinkedHashMap::new);
        Port.kubeOvnKeys(binding).forEach(keys::putIfAbsent);
        keys.putAll(ourKeys(binding, observed.pci()));
        List<Step> steps = new ArrayList<>();
        steps.add(new Step.RestorePort(observed.representor().name(), keys));
        if (!observed.representor().up()) {
            steps.add(new Step.RepresentorUp(
                    observed.representor().name(), observed.representor().mtu()));
        }
        return new Plan(
                Reason.WaitingForOvn, "the CNI's port " + observed.representor().name() + " was lost", steps);
    }

    /**
     * What a CNI left of a VF that came home from it: kube-ovn-cni notes the VF's name in the alias, and leaves alias, MTU and
     * MAC behind when the pod goes; before 1.13 it wrote no alias, but the VF was noted as lent.
     */
    static Optional<Plan> cleanUp(Desired desired, Observed observed) {
        if (!(observed.place() instanceof Place.AtHome home)) {
            return Optional.empty();
        }
        Link link = home.link();
        Optional<VfIdentity> own = observed.ownIdentity().map(observed::restorable);
        boolean lent = observed.note().map(VfNote::lent).orElse(false);
        boolean byKubeOvn = Link.isName(link.alias())
                && !own.map(identity ->
                                identity.isShownBy(link) && !identity.name().equals(link.alias()))
                        .orElse(false); // else a person wrote the alias of a VF that is as it should be
        boolean ours = OwnerMark.markedVf(link.alias()).isPresent(); // of a pod whose row and note are both lost
        if (!lent && !byKubeOvn && !ours) {
            return Optional.empty();
        }
        String detail = "VF " + observed.pci() + " came back from the CNI as " + link.name();
        if (own.isEmpty()) {
            return desired instanceof Desired.Nothing
                    ? Optional.of(Plan.nothing(Reason.IdentityUnknown, detail))
                    : Optional.empty();
        }
        List<Step> steps = new ArrayList<>();
        if (!own.get().isShownBy(link) || !link.alias().isEmpty() || own.get().isHiddenBy(observed.adminMac())) {
            steps.add(new Step.ResetVf(observed.pci(), link.name(), own.get()));
        }
        steps.add(new Step.NoteVf(observed.representor().name(), new VfNote(observed.pci(), own.get())));
        return Optional.of(new Plan(Reason.Free, detail, steps));
    }
}
