package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.BindingPlanner;
import io.podoffload.binder.binding.Desired;
import io.podoffload.binder.binding.NodeNetwork;
import io.podoffload.binder.binding.Observed;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.Plan;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.kube.BindingReporter;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at one VF: gathers, plans, acts and reports. */
public final class Reconciler {

    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    private final DesiredBindings desiredBindings;
    private final NodeObserver observer;
    private final NodeNetwork node;
    private final BindingReporter reporter;

    public Reconciler(
            DesiredBindings desiredBindings, NodeObserver observer, NodeNetwork node, BindingReporter reporter) {
        this.desiredBindings = desiredBindings;
        this.observer = observer;
        this.node = node;
        this.reporter = reporter;
    }

    /** When to look at the VF again, if nothing happens before. */
    public enum Next {
        /** It changed: look whether it is right now. */
        AT_ONCE,
        /** It is not where it should be yet. */
        LATER,
        /** All is well. */
        ON_EVENT
    }

    /** Reads without acting, so that what is free now is known before anything changes. */
    public void look(PciAddress pci) {
        observer.observe(pci, desiredBindings.of(pci));
    }

    public Next reconcile(PciAddress pci) {
        Desired desired = desiredBindings.of(pci);
        Optional<Observed> observed = observer.observe(pci, desired);
        if (observed.isEmpty()) {
            return desired instanceof Desired.Pending pending
                    ? conclude(desired, pending.reason(), pending.detail())
                    : conclude(desired, Reason.NotAVf, pci.value());
        }
        Plan plan = BindingPlanner.plan(desired, observed.get());
        if (plan.steps().isEmpty()) {
            return conclude(desired, plan.reason(), plan.detail());
        }
        LOG.atInfo()
                .addKeyValue("pci", pci)
                .addKeyValue("pod", desired.owner().map(PodRef::toString).orElse(""))
                .addKeyValue("steps", plan.steps())
                .log("changing VF {}: {}", pci, plan.detail());
        try {
            plan.applyTo(node);
            return Next.AT_ONCE;
        } catch (RuntimeException e) {
            LOG.atWarn().addKeyValue("pci", pci).setCause(e).log("a step for VF {} failed", pci);
            return conclude(desired, Reason.StepFailed, String.valueOf(e.getMessage()));
        }
    }

    private Next conclude(Desired desired, Reason reason, String detail) {
        boolean reported =
                desired.owner().map(pod -> reporter.report(pod, reason, detail)).orElse(true);
        boolean nothingToWaitFor = desired.owner().isEmpty() && reason == Reason.NotAVf;
        return reported && (reason.settled() || nothingToWaitFor) ? Next.ON_EVENT : Next.LATER;
    }
}
