package io.podoffload.binder.binding;

import io.podoffload.binder.binding.Desired.Binding;
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
            return Release.ofOurs(observed, mark.get());
        }
        if (observed.port().isPresent() && mark.isEmpty()) {
            return CniBinding.withPort(desired, observed, observed.port().get());
        }
        if (desired instanceof Desired.Pending pending) {
            return Plan.nothing(pending.reason(), pending.detail());
        }
        if (desired instanceof Desired.Spare) {
            return Plan.nothing(Reason.Spare, "VF " + observed.pci());
        }
        if (mark.isEmpty() && CniBinding.leftVf(observed)) {
            return CniBinding.resetVf(observed);
        }
        if (desired instanceof Desired.Nothing && CniBinding.leftUnknownVf(observed)) {
            return Plan.nothing(Reason.IdentityUnknown, "VF " + observed.pci());
        }
        if (desired instanceof Binding binding) {
            return OwnBinding.plan(binding, observed, mark);
        }
        return Plan.nothing(
                observed.vfAtHome() ? Reason.Free : Reason.WaitingForVf,
                observed.pci().value());
    }
}
