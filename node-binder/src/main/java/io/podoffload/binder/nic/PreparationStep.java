package io.podoffload.binder.nic;

import io.podoffload.binder.binding.PciAddress;
import java.util.Optional;

/** One change of a PF. */
public sealed interface PreparationStep {

    void apply(PciAddress pf, NicControl control);

    /**
     * Whether pods can have VFs of the PF after it.
     *
     * @param before whether they could before
     */
    default boolean leavesVfsToPods(boolean before) {
        if (this instanceof VfCount count) {
            return count.to() > 0 && count.probed();
        }
        return before || this instanceof BindVfs;
    }

    /** What takes it back, if it need be. */
    Optional<PreparationStep> undo();

    /** What it does to somebody who uses the PF. */
    default Harm harm() {
        return Harm.NONE;
    }

    /** For a person, as an order. */
    String text();

    /** What a step does to those who use the PF. */
    enum Harm {
        /** Nobody notices. */
        NONE,
        /** The node may lose its traffic for a moment. */
        TOUCHES_UPLINK,
        /** A VF disappears from whoever has it. */
        TAKES_VFS,
        /** The uplink may lose its traffic for a while, and every VF its representor. */
        CUTS_UPLINK
    }

    /**
     * Between none and some: the kernel takes no other change.
     *
     * @param probed whether the driver has the VFs, or gets them; until it does they have no netdev, which might take the name of a
     *     representor that is yet to come
     */
    record VfCount(int from, int to, boolean probed) implements PreparationStep {
        @Override
        public void apply(PciAddress pf, NicControl control) {
            control.setVfCount(pf, to, probed);
        }

        @Override
        public Optional<PreparationStep> undo() {
            return Optional.of(new VfCount(to, from, probed));
        }

        @Override
        public Harm harm() {
            return from > 0 ? Harm.TAKES_VFS : Harm.NONE;
        }

        @Override
        public String text() {
            return to == 0
                    ? "remove its " + from + " VFs"
                    : "make " + to + " VFs" + (probed ? "" : ", bound to no driver");
        }
    }

    record UnbindVfs() implements PreparationStep {
        @Override
        public void apply(PciAddress pf, NicControl control) {
            control.unbindVfs(pf);
        }

        @Override
        public Optional<PreparationStep> undo() {
            return Optional.of(new BindVfs());
        }

        @Override
        public Harm harm() {
            return Harm.TAKES_VFS;
        }

        @Override
        public String text() {
            return "unbind its VFs from their driver";
        }
    }

    record BindVfs() implements PreparationStep {
        @Override
        public void apply(PciAddress pf, NicControl control) {
            control.bindVfs(pf);
        }

        @Override
        public Optional<PreparationStep> undo() {
            return Optional.of(new UnbindVfs());
        }

        @Override
        public String text() {
            return "bind its VFs to their driver";
        }
    }

    record EswitchMode(Eswitch.Mode from, Eswitch.Mode to) implements PreparationStep {
        @Override
        public void apply(PciAddress pf, NicControl control) {
            control.setEswitchMode(pf, to);
        }

        @Override
        public Optional<PreparationStep> undo() {
            return Optional.of(new EswitchMode(to, from));
        }

        @Override
        public Harm harm() {
            return Harm.CUTS_UPLINK;
        }

        @Override
        public String text() {
            return "switch its eswitch from " + from.text() + " to " + to.text();
        }
    }

    record Encap(boolean on) implements PreparationStep {
        @Override
        public void apply(PciAddress pf, NicControl control) {
            control.setEncap(pf, on);
        }

        @Override
        public Optional<PreparationStep> undo() {
            return Optional.of(new Encap(!on));
        }

        @Override
        public String text() {
            return "set its encap mode to " + (on ? "basic" : "none");
        }
    }

    record Steering(String from, String to) implements PreparationStep {
        @Override
        public void apply(PciAddress pf, NicControl control) {
            control.setSteering(pf, to);
        }

        @Override
        public Optional<PreparationStep> undo() {
            return Optional.of(new Steering(to, from));
        }

        @Override
        public String text() {
            return "set its steering mode from " + from + " to " + to;
        }
    }

    record UplinkTcOffload(boolean from, boolean on) implements PreparationStep {
        @Override
        public void apply(PciAddress pf, NicControl control) {
            control.setUplinkTcOffload(pf, on);
        }

        @Override
        public Optional<PreparationStep> undo() {
            return Optional.of(new UplinkTcOffload(on, from));
        }

        @Override
        public String text() {
            return "set hw-tc-offload of its uplink " + (on ? "on" : "off");
        }
    }

    /** Representors that were not there before go with what made them. */
    record RepresentorTcOffload(boolean ofNewOnes, boolean on) implements PreparationStep {
        @Override
        public void apply(PciAddress pf, NicControl control) {
            control.setRepresentorTcOffload(pf, on);
        }

        @Override
        public Optional<PreparationStep> undo() {
            return ofNewOnes ? Optional.empty() : Optional.of(new RepresentorTcOffload(false, !on));
        }

        @Override
        public String text() {
            return "set hw-tc-offload of its representors " + (on ? "on" : "off");
        }
    }

    /** A smaller one cuts the large packets of pods; any change lets some drivers open their queues anew. */
    record Mtu(int from, int to) implements PreparationStep {
        @Override
        public Harm harm() {
            return to < from ? Harm.CUTS_UPLINK : Harm.TOUCHES_UPLINK;
        }

        @Override
        public void apply(PciAddress pf, NicControl control) {
            control.setUplinkMtu(pf, to);
        }

        @Override
        public Optional<PreparationStep> undo() {
            return Optional.of(new Mtu(to, from));
        }

        @Override
        public String text() {
            return "set the MTU of its uplink to " + to;
        }
    }
}
