package io.podoffload.binder.prepare;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.Errno;
import io.podoffload.binder.kernel.LinuxException;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.nic.PfSettings;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.PreparationPlan;
import io.podoffload.binder.nic.PreparationStep;
import io.podoffload.binder.nic.Use;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one PF to what its settings ask for: all of it, or nothing. Where the device refuses one order of VFs and mode, the
 * other is tried; where both fail, the PF is as it was, or it is said in what it is not.
 */
public final class PfPreparation {

    private static final Logger LOG = LoggerFactory.getLogger(PfPreparation.class);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);

    private final NicControl control;
    private final Function<PhysicalFunction, List<Use>> uses;
    private final Duration busyFor;
    private final Duration silentFor;

    /**
     * @param uses finds out who uses a PF, beside what the PF itself shows
     * @param busyFor how long a device may be busy before that counts as a refusal
     * @param silentFor how long somebody who may use the PF may give no answer before that counts as a refusal
     */
    public PfPreparation(
            NicControl control, Function<PhysicalFunction, List<Use>> uses, Duration busyFor, Duration silentFor) {
        this.control = control;
        this.uses = uses;
        this.busyFor = busyFor;
        this.silentFor = silentFor;
    }

    /** What would be done. */
    public PreparationPlan plan(PciAddress pci, PfSettings settings) {
        return plan(pci, settings, settings.order());
    }

    private PreparationPlan plan(PciAddress pci, PfSettings settings, PfSettings.Order order) {
        PhysicalFunction pf = control.pf(pci);
        return PreparationPlan.of(settings, pf, uses.apply(pf), order);
    }

    /** When a node boots, the kubelet and ovsdb-server may be there later than the binder. */
    private PreparationPlan planPatiently(PciAddress pci, PfSettings settings) {
        long deadline = System.nanoTime() + silentFor.toNanos();
        PreparationPlan plan = plan(pci, settings);
        while (plan.unknown() && System.nanoTime() - deadline < 0) {
            LOG.info("PF {}: {}; asking again", pci, String.join("; ", plan.obstacles()));
            LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
            plan = plan(pci, settings);
        }
        return plan;
    }

    /** A PF that cannot be read fails by itself, and not the others with it. */
    public Outcome prepare(PciAddress pci, PfSettings settings) {
        try {
            return prepareReadable(pci, settings);
        } catch (RuntimeException e) {
            LOG.debug("PF {} cannot be prepared", pci, e);
            return new Outcome(pci, Outcome.Kind.FAILED, List.of(), List.of(String.valueOf(e.getMessage())));
        }
    }

    private Outcome prepareReadable(PciAddress pci, PfSettings settings) {
        PreparationPlan first = planPatiently(pci, settings);
        if (!first.obstacles().isEmpty()) {
            return new Outcome(pci, Outcome.Kind.REFUSED, List.of(), first.obstacles());
        }
        if (first.isDone()) {
            return new Outcome(pci, Outcome.Kind.NOTHING_TO_DO, List.of(), List.of());
        }
        Attempt attempt = attempt(pci, settings, first);
        if (attempt.failure().isEmpty()) {
            return new Outcome(pci, Outcome.Kind.PREPARED, first.steps(), List.of());
        }
        PreparationPlan second = plan(pci, settings, settings.order().other());
        boolean worthTrying = attempt.isAsBefore()
                && second.obstacles().isEmpty()
                && !second.steps().equals(first.steps());
        if (!worthTrying) {
            return new Outcome(pci, Outcome.Kind.FAILED, List.of(), attempt.messages());
        }
        LOG.info("{}; trying the other order", String.join("; ", attempt.messages()));
        Attempt other = attempt(pci, settings, second);
        if (other.failure().isEmpty()) {
            return new Outcome(pci, Outcome.Kind.PREPARED, second.steps(), attempt.failure());
        }
        List<String> both = Stream.concat(attempt.failure().stream(), other.messages().stream())
                .distinct() // the order did not matter
                .toList();
        return new Outcome(pci, Outcome.Kind.FAILED, List.of(), both);
    }

    /**
     * One try.
     *
     * @param failure what went wrong; empty if nothing did
     * @param left what could not be put back
     */
    private record Attempt(List<String> failure, List<String> left) {
        boolean isAsBefore() {
            return left.isEmpty();
        }

        List<String> messages() {
            List<String> all = new ArrayList<>(failure);
            if (left.isEmpty()) {
                all.add("the PF is as it was before");
            } else {
                all.addAll(left);
            }
            return all;
        }
    }

    /** A pod was given a VF that the next step would take. */
    private static final class Taken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Taken(String sentence) {
            super(sentence);
        }
    }

    private Attempt attempt(PciAddress pci, PfSettings settings, PreparationPlan plan) {
        PhysicalFunction before = control.pf(pci);
        Deque<PreparationStep> begun = new ArrayDeque<>();
        boolean mayBeHeld = !before.vfs().isEmpty();
        for (PreparationStep step : plan.steps()) {
            begun.push(step);
            try {
                applyPatiently(pci, settings, step, mayBeHeld);
            } catch (RuntimeException e) {
                LOG.debug("{}: {}", before.title(), step.text(), e);
                if (e instanceof Taken) {
                    begun.pop(); // nothing of it was done
                }
                return new Attempt(
                        List.of("cannot " + step.text() + ": " + why(step, e)), takeBack(before, settings, begun));
            }
            mayBeHeld = step.leavesVfsToPods(mayBeHeld);
        }
        PreparationPlan after;
        try {
            after = plan(pci, settings);
        } catch (RuntimeException e) {
            LOG.debug("{}: what became of it", before.title(), e);
            return new Attempt(
                    List.of("cannot read what the steps made of it: " + e.getMessage()),
                    takeBack(before, settings, begun));
        }
        return after.steps().isEmpty()
                ? new Attempt(List.of(), List.of())
                : new Attempt(
                        List.of("the kernel took every step, and still it would have to "
                                + String.join(", ", texts(after.steps()))),
                        takeBack(before, settings, begun));
    }

    /**
     * A device that is busy is asked again; what keeps it busy often goes away by itself. The kubelet may admit a pod after the plan was
     * made, so who has VFs is asked before each try. Of a pod that it admits after that no container runs yet.
     */
    private void applyPatiently(PciAddress pci, PfSettings settings, PreparationStep step, boolean mayBeHeld) {
        long deadline = System.nanoTime() + busyFor.toNanos();
        while (true) {
            if (mayBeHeld) {
                refuseIfTaken(pci, settings, step);
            }
            LOG.info("{}: {}", pci, step.text());
            try {
                step.apply(pci, control);
                return;
            } catch (LinuxException e) {
                if (!e.is(Errno.EBUSY) || System.nanoTime() > deadline) {
                    throw e;
                }
                LOG.info("{}; trying again", e.getMessage());
                LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
            }
        }
    }

    private void refuseIfTaken(PciAddress pci, PfSettings settings, PreparationStep step) {
        long deadline = System.nanoTime() + silentFor.toNanos();
        Optional<Use> use = forbidding(pci, settings, step);
        while (use.isPresent() && use.get().kind() == Use.Kind.UNKNOWN && System.nanoTime() - deadline < 0) {
            LOG.info("PF {}: {}; asking again", pci, use.get().text());
            LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
            use = forbidding(pci, settings, step);
        }
        use.ifPresent(taken -> {
            throw new Taken(taken.text());
        });
    }

    /** A pod that has a VF which the step would take, or that it is not known whether one has. */
    private Optional<Use> forbidding(PciAddress pci, PfSettings settings, PreparationStep step) {
        return uses.apply(control.pf(pci)).stream()
                .filter(use -> use.kind() == Use.Kind.ALLOTTED || use.kind() == Use.Kind.UNKNOWN)
                .filter(use -> use.forbids(step, settings))
                .min(Comparator.comparing(Use::kind));
    }

    /** Also of the step that failed: it may have been half done. */
    private List<String> takeBack(PhysicalFunction before, PfSettings settings, Deque<PreparationStep> begun) {
        List<String> left = new ArrayList<>();
        while (!begun.isEmpty()) {
            begun.pop().undo().ifPresent(undo -> takeBack(before, settings, undo, left));
        }
        try {
            return left(before, settings, left);
        } catch (RuntimeException e) {
            LOG.debug("{}: what is left of it", before.title(), e);
            left.add("cannot read whether it is as it was before: " + e.getMessage());
            return left;
        }
    }

    private List<String> left(PhysicalFunction before, PfSettings settings, List<String> left) {
        if (before.offloads() && !control.pf(before.pci()).offloads()) {
            // they came anew with the mode
            takeBack(before, settings, new PreparationStep.RepresentorTcOffload(true, true), left);
        }
        List<String> differences = before.differencesTo(control.pf(before.pci()));
        if (differences.isEmpty()) {
            return List.of(); // whatever failed on the way back did not matter in the end
        }
        left.addAll(differences);
        return left;
    }

    private void takeBack(PhysicalFunction before, PfSettings settings, PreparationStep undo, List<String> left) {
        try {
            Optional<Use> pod = forbidding(before.pci(), settings, undo).filter(use -> use.kind() == Use.Kind.ALLOTTED);
            if (pod.isPresent()) {
                left.add("was not put back: " + undo.text() + ": " + pod.get().text());
                return;
            }
            LOG.info("{}: back: {}", before.title(), undo.text());
            undo.apply(before.pci(), control);
        } catch (RuntimeException e) {
            LOG.debug("{}: back: {}", before.title(), undo.text(), e);
            left.add("could not be put back: " + undo.text() + ": " + why(undo, e));
        }
    }

    private static String why(PreparationStep step, RuntimeException failure) {
        return failure instanceof LinuxException refusal
                ? KernelRefusal.explain(step, refusal)
                : String.valueOf(failure.getMessage());
    }

    private static List<String> texts(List<PreparationStep> steps) {
        return steps.stream().map(PreparationStep::text).toList();
    }
}
