package io.podoffload.binder.reconcile;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.podoffload.binder.binding.BindingPlanner;
import io.podoffload.binder.binding.Desired;
import io.podoffload.binder.binding.NodeNetwork;
import io.podoffload.binder.binding.Observed;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PlainText;
import io.podoffload.binder.binding.Plan;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.Port;
import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.binding.Step;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kube.BindingReporter;
import io.podoffload.binder.kube.Pause;
import io.podoffload.binder.outage.Outage;
import io.podoffload.binder.ovs.IntegrationBridge;
import io.podoffload.binder.reconcile.DesiredBindings.Purpose;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Looks at one VF: gathers, plans, acts and reports. */
public final class Reconciler {

    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    private final ManagedVfs managed;
    private final Pause pause;
    private final DesiredBindings desiredBindings;
    private final NodeObserver observer;
    private final Sandboxes sandboxes;
    private final IntegrationBridge bridge;
    private final NodeNetwork node;
    private final BindingReporter reporter;
    private final VfStates states;
    private final MeterRegistry meters;
    private final Function<PciAddress, String> opponent;
    private final ChangeBudget budget = new ChangeBudget(System::nanoTime);

    /** @param opponent a sentence on who may change a VF, too */
    public Reconciler(
            ManagedVfs managed,
            Pause pause,
            DesiredBindings desiredBindings,
            NodeObserver observer,
            Sandboxes sandboxes,
            IntegrationBridge bridge,
            NodeNetwork node,
            BindingReporter reporter,
            VfStates states,
            MeterRegistry meters,
            Function<PciAddress, String> opponent) {
        this.managed = managed;
        this.pause = pause;
        this.desiredBindings = desiredBindings;
        this.observer = observer;
        this.sandboxes = sandboxes;
        this.bridge = bridge;
        this.node = node;
        this.reporter = reporter;
        this.states = states;
        this.meters = meters;
        this.opponent = opponent;
    }

    /** When to look at the VF again, if nothing happens before. */
    public enum Next {
        /** It changed: look whether it is right now. */
        AT_ONCE,
        /** It changed, and OVN has the next word: what the change stirs up meanwhile is no news. */
        ON_NEWS,
        /** It is not where it should be yet. */
        LATER,
        /** Somebody undoes its changes: leave it alone for a while, whatever happens to it. */
        LEFT_ALONE,
        /** There is no such VF. It may still be in the making, and no event tells when it is complete. */
        UNTIL_THERE,
        /** All is well. */
        ON_EVENT
    }

    /** What one look found. */
    private record Found(Purpose purpose, Optional<Observed> observed, List<Observed.Held> rowsWithoutVf) {
        Desired desired() {
            return purpose.desired();
        }

        /** All rows of the VF. */
        Stream<Port> rows() {
            return Stream.concat(
                    observed.stream()
                            .flatMap(seen -> Stream.concat(
                                    seen.port().stream(), seen.strays().stream().map(Observed.Held::row))),
                    rowsWithoutVf.stream().map(Observed.Held::row));
        }

        Found as(Desired other) {
            return new Found(new Purpose(other, purpose.vfsOfThePod(), purpose.promised()), observed, rowsWithoutVf);
        }
    }

    /** Reads without acting, so that what is free now is known before anything changes. */
    public void look(PciAddress pci) {
        find(pci, sandboxes.look(false));
    }

    private Found find(PciAddress pci, Sandboxes.Look look) {
        Purpose purpose = desiredBindings.of(pci, look);
        Optional<Observed> observed = observer.observe(pci, purpose.desired(), look);
        return new Found(purpose, observed, observed.isPresent() ? List.of() : observer.rowsWithoutVf(pci, look));
    }

    public Next reconcile(PciAddress pci) {
        if (!bridge.holdsLock()) {
            LOG.debug("VF {} is another binder's to change", pci);
            return Next.LATER;
        }
        Sandboxes.Look look = sandboxes.look(false);
        Found found = find(pci, look);
        if (isForeign(pci, found)) {
            observer.leave(pci);
            return conclude(pci, found, Reason.NotManaged, pci.value());
        }
        Plan plan = plan(pci, found);
        if (!plan.steps().isEmpty() && !look.isFresh()) {
            found = find(pci, sandboxes.look(true)); // nothing is done on what was true a moment ago
            plan = plan(pci, found);
        }
        Plan allowed = allowed(pci, found, plan);
        if (allowed.steps().isEmpty() && !plan.steps().isEmpty()) {
            return conclude(pci, found, allowed.reason(), allowed.detail());
        }
        if (isUpkeepOfAFreeVf(found, plan) && desiredBindings.isAllotted(pci)) {
            return conclude(pci, found, Reason.WaitingForSandbox, "VF " + pci + ", which a pod has just been given");
        }
        plan = allowed;
        Optional<String> holder = holder(found.desired());
        if (!plan.steps().isEmpty() && budget.take(pci, holder)) {
            return act(pci, found, plan);
        }
        if (budget.isContested(pci, holder)) {
            String detail = "VF " + pci + ": " + contest(plan) + opponent.apply(pci);
            if (states.of(pci.value())
                    .map(state -> state.reason() != Reason.Contested)
                    .orElse(true)) {
                LOG.warn("somebody undoes the changes of {}", detail);
            }
            conclude(pci, found, Reason.Contested, detail);
            return Next.LEFT_ALONE;
        }
        return conclude(pci, found, plan.reason(), plan.detail());
    }

    /** What is not for pods, not held by one of them, and carries nothing of the binder's. */
    private boolean isForeign(PciAddress pci, Found found) {
        return found.observed().filter(observed -> !observed.isRecorded()).isPresent()
                && found.desired() instanceof Desired.Nothing
                && (!managed.contains(pci) || managed.excludes(pci));
    }

    /** Whether the plan changes links of a VF that no pod is known to hold; a CNI may be bringing it into a pod at this moment. */
    private static boolean isUpkeepOfAFreeVf(Found found, Plan plan) {
        return found.desired() instanceof Desired.Nothing
                && found.rows().findAny().isEmpty()
                && found.observed().flatMap(Observed::mark).isEmpty()
                && plan.steps().stream().anyMatch(step -> !(step instanceof Step.NoteVf));
    }

    private Plan allowed(PciAddress pci, Found found, Plan plan) {
        if (plan.steps().isEmpty()) {
            return plan; // and what is true of the VF is reported
        }
        if (managed.excludes(pci)) {
            boolean isHeld = found.desired().owner().isPresent();
            return plan.withheld(
                    isHeld ? Reason.Excluded : Reason.NotManaged,
                    "VF " + pci + " is excluded; to do is " + plan.text());
        }
        return pause.ofNode()
                .map(plan::paused)
                .or(() -> found.desired()
                        .owner()
                        .flatMap(pod -> pause.of(pod)
                                .map(sentence -> withoutWhatIsFor(pod, pci, found, plan.paused(sentence)))))
                .orElse(plan);
    }

    /** A pod that is paused does not keep what an earlier one left from being taken down: a third may wait for that. */
    private Plan withoutWhatIsFor(PodRef pod, PciAddress pci, Found found, Plan paused) {
        boolean isMarkedByIt = found.rows().anyMatch(row -> row.isOf(pod.uid()))
                || found.observed()
                        .flatMap(Observed::mark)
                        .filter(mark -> mark.podUid().equals(pod.uid()))
                        .isPresent();
        Plan release = plan(pci, found.as(new Desired.Pending(pod, paused.reason(), paused.detail())));
        return isMarkedByIt || release.steps().isEmpty() ? paused : release;
    }

    private static String contest(Plan plan) {
        return plan.steps().isEmpty() ? "now it is as it should be; " : "to do is " + plan.text() + "; ";
    }

    private static Optional<String> holder(Desired desired) {
        return desired instanceof Desired.Binding binding
                ? Optional.of(binding.pod().uid() + "/" + binding.sandboxId())
                : desired.owner().map(PodRef::uid);
    }

    private Plan plan(PciAddress pci, Found found) {
        if (found.observed().isPresent()) {
            return BindingPlanner.plan(found.desired(), found.observed().get());
        }
        Plan plan = BindingPlanner.planWithoutVf(pci, found.rowsWithoutVf(), observer.whyUnmapped(pci));
        return plan.steps().isEmpty() && found.desired() instanceof Desired.Pending pending
                ? new Plan(pending.reason(), pending.detail(), List.of())
                : plan;
    }

    private Next act(PciAddress pci, Found found, Plan plan) {
        log(pci, found.desired().owner(), plan);
        for (Step step : plan.steps()) {
            Timer.Sample sample = Timer.start(meters);
            boolean done = false;
            try {
                step.applyTo(node);
                done = true;
            } catch (RuntimeException e) {
                LOG.atLevel(e instanceof Outage ? Level.DEBUG : Level.WARN)
                        .addKeyValue("pci", pci)
                        .setCause(e)
                        .log("a step for VF {} failed: {}", pci, step);
                return conclude(pci, found, Reason.StepFailed, PlainText.sentence(String.valueOf(e.getMessage())));
            } finally {
                sample.stop(timer(step, done));
            }
        }
        states.changing(pci, found.desired().owner(), plan.reason(), plan.detail());
        return plan.reason() == Reason.WaitingForOvn ? Next.ON_NEWS : Next.AT_ONCE;
    }

    /** What is only written down of free VFs concerns no pod. */
    private static void log(PciAddress pci, Optional<PodRef> pod, Plan plan) {
        LOG.atLevel(pod.isPresent() || plan.isMoreThanUpkeep() ? Level.INFO : Level.DEBUG)
                .addKeyValue("pci", pci)
                .addKeyValue("pod", pod.map(PodRef::toString).orElse(""))
                .addKeyValue("steps", plan.steps())
                .log(
                        "changing VF {}{}: {}{}",
                        pci,
                        pod.map(owner -> " for pod " + owner).orElse(""),
                        plan.text(),
                        plan.detail().equals(pci.value()) ? "" : " (" + plan.detail() + ")");
    }

    private Timer timer(Step step, boolean done) {
        return Timer.builder("pod.offload.binder.step.duration")
                .description("One change to the node")
                .tag("step", step.getClass().getSimpleName())
                .tag("outcome", done ? "done" : "failed")
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(5),
                        Duration.ofMillis(25),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(10))
                .register(meters);
    }

    private Next conclude(PciAddress pci, Found found, Reason reason, String detail) {
        Purpose purpose = found.purpose();
        Optional<PodRef> pod = purpose.desired().owner();
        states.concluded(pci, pod, reason, detail);
        boolean reported = pod.filter(owner -> purpose.promised() || reason.binds() || reporter.hasReported(owner))
                .map(owner -> reporter.report(owner, purpose.vfsOfThePod(), pci, reason, detail))
                .orElse(true);
        if (pod.isEmpty() && reason == Reason.NotAVf) {
            return found.rowsWithoutVf().isEmpty() ? Next.UNTIL_THERE : Next.LATER;
        }
        boolean isSettling = found.observed().map(Observed::isSettling).orElse(false);
        return reported && reason.lasts() && !isSettling ? Next.ON_EVENT : Next.LATER;
    }
}
