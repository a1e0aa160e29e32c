package io.podoffload.binder.binding;

import io.podoffload.binder.binding.Desired.Binding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides what to do with one VF. Pure: the same world gives the same plan, and a world in which the plan has been carried
 * out gives a plan without steps.
 *
 * <p>What the binder made and what a CNI made are told apart by the row on the representor: rows of ours carry an
 * {@link OwnerMark}, rows of kube-ovn-cni carry its keys. Everything else belongs to somebody else and is not touched.
 */
public final class BindingPlanner {

    private BindingPlanner() {}

    public static Plan plan(Desired desired, Observed observed) {
        Optional<Plan> strays = Release.strays(desired, observed);
        if (strays.isPresent()) {
            return strays.get();
        }
        Optional<OwnerMark> mark = observed.mark();
        if (mark.isPresent() && !(desired instanceof Binding binding && binding.isMarkedBy(mark.get()))) {
            Plan release = Release.ofOurs(observed, mark.get());
            return release.steps().isEmpty() && desired instanceof Desired.Pending pending && pending.isOf(mark.get())
                    ? Plan.nothing(pending.reason(), pending.detail()) // its annotations, and not an earlier pod
                    : release;
        }
        if (observed.port().isPresent() && mark.isEmpty()) {
            return CniBinding.withPort(desired, observed, observed.port().get());
        }
        if (desired instanceof Desired.Pending pending) {
            return Plan.nothing(pending.reason(), pending.detail());
        }
        if (desired instanceof Desired.Machine machine) {
            return Plan.nothing(
                    Reason.BoundByAnother,
                    "KubeVirt's virtual machine " + machine.machine() + ", for which the CNI has made no port");
        }
        if (desired instanceof Desired.Spare) {
            return Plan.nothing(Reason.Spare, "VF " + observed.pci());
        }
        Optional<Plan> cleanUp = mark.isEmpty() ? CniBinding.cleanUp(desired, observed) : Optional.empty();
        if (cleanUp.isPresent()) {
            return cleanUp.get();
        }
        if (desired instanceof Binding binding) {
            return OwnBinding.plan(binding, observed, mark);
        }
        return observed.place() instanceof Place.AtHome home
                ? free(observed, home.link())
                : Plan.nothing(
                        observed.vfAtHome() ? Reason.Free : Reason.WaitingForVf,
                        observed.pci().value());
    }

    /**
     * Decides what to do with the rows that a VF left which is no longer there, and its representor with it.
     *
     * @param rows with the binder's keys for the VF, whose netdevs are gone
     * @param why a sentence on why there is no VF
     */
    public static Plan planWithoutVf(PciAddress pci, List<Observed.Held> rows, String why) {
        return new Plan(Reason.NotAVf, "VF " + pci + ": " + why, Release.ofAVfThatIsGone(rows));
    }

    /**
     * A free VF is what it shows, and its representor is to say so, and to be down: ovs-vswitchd may bring it up again after
     * whoever took the port away has set it down, see {@link Release}.
     */
    private static Plan free(Observed observed, Link link) {
        if (!link.alias().isEmpty()) {
            return Plan.nothing(Reason.Free, observed.pci().value()); // somebody's, who wrote that
        }
        Link representor = observed.representor();
        VfNote note = new VfNote(observed.pci(), VfIdentity.of(link, observed.adminMac()));
        List<Step> steps = new ArrayList<>();
        if (!observed.note().equals(Optional.of(note))) {
            steps.add(new Step.NoteVf(representor.name(), note));
        }
        if (representor.up()) {
            steps.add(new Step.RepresentorDown(representor.name()));
        }
        return new Plan(Reason.Free, observed.pci().value(), steps);
    }
}
