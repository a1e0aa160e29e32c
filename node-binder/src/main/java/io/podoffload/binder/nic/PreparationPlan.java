package io.podoffload.binder.nic;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The way from what a PF is to what it should be.
 *
 * @param steps in order; none if all is as it should be
 * @param obstacles why the steps must not be taken, or lead nowhere; sentences for a person
 * @param unknown whether they are only that somebody could not be asked, who may answer later
 */
public record PreparationPlan(List<PreparationStep> steps, List<String> obstacles, boolean unknown) {

    public PreparationPlan {
        steps = List.copyOf(steps);
        obstacles = List.copyOf(obstacles);
    }

    public boolean isDone() {
        return steps.isEmpty() && obstacles.isEmpty();
    }

    /**
     * Plans for one PF. What is there already is not touched.
     *
     * @param uses beside those that the PF itself shows
     */
    public static PreparationPlan of(PfSettings settings, PhysicalFunction pf, List<Use> uses, PfSettings.Order order) {
        List<String> impossible = impossible(settings, pf);
        if (!impossible.isEmpty()) {
            return new PreparationPlan(List.of(), impossible, false);
        }
        List<PreparationStep> steps = steps(settings, pf, order);
        List<Use> obstacles = Stream.concat(Use.ofVfs(pf).stream(), uses.stream())
                .filter(use -> steps.stream().anyMatch(step -> use.forbids(step, settings)))
                .toList();
        return new PreparationPlan(
                steps,
                obstacles.stream().map(Use::text).toList(),
                !obstacles.isEmpty() && obstacles.stream().allMatch(use -> use.kind() == Use.Kind.UNKNOWN));
    }

    private static List<PreparationStep> steps(PfSettings settings, PhysicalFunction pf, PfSettings.Order order) {
        List<PreparationStep> steps = new ArrayList<>();
        int now = pf.vfs().size();
        int wanted = settings.vfs().orElse(now);
        Eswitch.Mode mode = pf.mode();
        Eswitch.Mode wantedMode = settings.eswitch().orElse(mode);
        boolean steer = settings.steering().isPresent() && !settings.steering().equals(pf.steering());
        boolean modeChanges = mode != wantedMode || steer && mode != Eswitch.Mode.LEGACY;
        boolean anew = now != wanted || modeChanges && order == PfSettings.Order.SWITCHDEV_FIRST;
        boolean unbound = pf.vfs().stream().anyMatch(vf -> vf.driver().isEmpty());
        boolean probed = wantedMode == Eswitch.Mode.LEGACY && !modeChanges;

        if (anew && now > 0) {
            steps.add(new PreparationStep.VfCount(now, 0, !unbound));
        }
        boolean vfsStay = !anew && now > 0;
        if (modeChanges
                && vfsStay
                && !pf.vfs().stream().allMatch(vf -> vf.driver().isEmpty())) {
            steps.add(new PreparationStep.UnbindVfs());
        }
        if (steer && mode != Eswitch.Mode.LEGACY) {
            steps.add(new PreparationStep.EswitchMode(mode, Eswitch.Mode.LEGACY));
            mode = Eswitch.Mode.LEGACY;
        }
        if (steer) {
            steps.add(new PreparationStep.Steering(
                    pf.steering().orElse(""), settings.steering().orElse("")));
        }
        boolean vfsBeforeMode = anew && wanted > 0 && mode != wantedMode && order == PfSettings.Order.VFS_FIRST;
        if (vfsBeforeMode) {
            steps.add(new PreparationStep.VfCount(0, wanted, probed));
        }
        if (mode != wantedMode) {
            steps.add(new PreparationStep.EswitchMode(mode, wantedMode));
        }
        if (settings.encap().isPresent()
                && !settings.encap().equals(pf.eswitch().flatMap(Eswitch::encap))) {
            steps.add(new PreparationStep.Encap(settings.encap().get()));
        }
        settings.tcOffload()
                .filter(on -> modeChanges
                        || pf.uplink().filter(link -> differs(link, on)).isPresent())
                .ifPresent(on -> steps.add(new PreparationStep.UplinkTcOffload(isOn(pf.uplink()), on)));
        if (anew && wanted > 0 && !vfsBeforeMode) {
            steps.add(new PreparationStep.VfCount(0, wanted, probed));
        }
        boolean newRepresentors = wanted > 0 && wantedMode == Eswitch.Mode.SWITCHDEV && (anew || modeChanges);
        settings.tcOffload()
                .filter(on -> newRepresentors || representors(pf).anyMatch(link -> differs(link, on)))
                .ifPresent(on -> steps.add(new PreparationStep.RepresentorTcOffload(newRepresentors, on)));
        // last: a flow that is made before hw-tc-offload is on stays with the CPU
        if (anew && wanted > 0 && !probed || vfsStay && (modeChanges || unbound)) {
            steps.add(new PreparationStep.BindVfs());
        }
        settings.mtu()
                .ifPresent(mtu -> pf.uplink()
                        .filter(uplink -> uplink.mtu() != mtu)
                        .ifPresent(uplink -> steps.add(new PreparationStep.Mtu(uplink.mtu(), mtu))));
        return steps;
    }

    private static Stream<Netdev> representors(PhysicalFunction pf) {
        return pf.vfs().stream().flatMap(vf -> vf.representor().stream());
    }

    private static boolean isOn(Optional<Netdev> netdev) {
        return netdev.filter(link -> link.tcOffload() == TcOffload.ON).isPresent();
    }

    private static boolean differs(Netdev netdev, boolean on) {
        return netdev.tcOffload() != (on ? TcOffload.ON : TcOffload.OFF);
    }

    /** What no step can bring about. */
    private static List<String> impossible(PfSettings settings, PhysicalFunction pf) {
        List<String> reasons = new ArrayList<>();
        if (settings.vfs().orElse(0) > pf.totalVfs()) {
            reasons.add(settings.vfs().getAsInt() + " VFs are asked for, but the firmware of " + pf.title()
                    + " allows " + pf.totalVfs() + ": raise NUM_OF_VFS with mlxconfig and restart the node, or ask for"
                    + " fewer");
        }
        if (pf.driver().isEmpty()) {
            reasons.add(pf.title() + " is bound to no driver: load it (mlx5_core), or see the kernel's log");
        }
        boolean wantsSwitch = settings.eswitch().isPresent() || settings.encap().isPresent();
        if (pf.driver().isPresent() && wantsSwitch && pf.eswitch().isEmpty()) {
            reasons.add(pf.title() + " has no eswitch that this host may manage: the card cannot, the kernel lacks"
                    + " CONFIG_MLX5_ESWITCH, or a BlueField in DPU mode keeps it for itself (set it to NIC mode)");
        }
        if (settings.steering().isPresent()
                && pf.driver().isPresent()
                && pf.steering().isEmpty()) {
            reasons.add("the driver of " + pf.title() + " lets nobody choose the steering mode: leave it out");
        }
        return reasons;
    }
}
