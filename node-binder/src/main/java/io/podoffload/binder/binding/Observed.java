package io.podoffload.binder.binding;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What is true of one VF, read in one go.
 *
 * @param pci the VF
 * @param representor its representor's netdev
 * @param uplinkMtu MTU of the PF
 * @param port the Interface row of the representor
 * @param lastRow the last row with keys of the binder or of kube-ovn-cni that the VF had, since the binder began
 * @param strays rows that carry the binder's keys for this VF, but name a netdev that is not its representor any more
 * @param rivals other Interface rows that hold the iface-id of the desired binding
 * @param place where the VF's netdev is
 * @param nameTaken another netdev of the host has the VF's own name, and will keep it
 * @param adminMac MAC set through the PF, where the device has such
 * @param podLinks names of the interfaces in the desired binding's namespace, the VF excepted
 * @param podDefaultRoutes destinations of the default routes by those interfaces: one for each family
 * @param owner of the mark on the row or on the representor, or of a row that kube-ovn-cni made; none if nothing names an owner
 * @param boot id of the machine's present boot
 */
public record Observed(
        PciAddress pci,
        Origin origin,
        Link representor,
        int uplinkMtu,
        Optional<Port> port,
        Optional<Port> lastRow,
        List<Held> strays,
        List<Held> rivals,
        Place place,
        boolean nameTaken,
        Optional<MacAddress> adminMac,
        Set<String> podLinks,
        Set<String> podDefaultRoutes,
        Optional<Owner> owner,
        String boot) {

    /**
     * Which VF of which PF it is.
     *
     * @param uplink netdev of the PF
     * @param index of the VF
     */
    public record Origin(String uplink, int index) {

        private static final Pattern PORT = Pattern.compile("np\\d+$");
        private static final Pattern KERNEL_NAME = Pattern.compile("eth\\d{1,6}");

        /**
         * Whether udev or the kernel would call the VF so.
         *
         * @see <a href="https://www.freedesktop.org/software/systemd/man/latest/systemd.net-naming-scheme.html">names of VFs</a>
         */
        boolean mayBeCalled(String name) {
            return name.equals(PORT.matcher(uplink).replaceFirst("") + "v" + index)
                    || KERNEL_NAME.matcher(uplink).matches()
                            && KERNEL_NAME.matcher(name).matches();
        }
    }

    public Observed {
        strays = List.copyOf(strays);
        rivals = List.copyOf(rivals);
        podLinks = Set.copyOf(podLinks);
        podDefaultRoutes = Set.copyOf(podDefaultRoutes);
    }

    public Optional<OwnerMark> mark() {
        return OwnerMark.of(port, note());
    }

    /** Its row, else the last that it had. */
    Optional<Port> rowOrLast() {
        return port.or(() -> lastRow);
    }

    /** Whether something of it changes of which no event tells: when a stray may go, and when an address is used. */
    public boolean isSettling() {
        return !strays.isEmpty() || place instanceof Place.InPod in && in.isAsking();
    }

    /** What the representor says of its VF. */
    public Optional<VfNote> note() {
        return VfNote.on(representor, pci);
    }

    /** Whether the host carries a record of the binder's that asks for more: a row with its keys, or a note that somebody has the VF. */
    public boolean isRecorded() {
        return port.filter(row -> row.externalIds().containsKey(OwnerMark.OWNER))
                        .isPresent()
                || note().map(note -> note.lent() || note.holder().isPresent()).orElse(false)
                || !strays.isEmpty();
    }

    /**
     * The VF's own identity: as noted while it was free, else as kube-ovn-cni's alias, the device and the PF tell. The pod can write
     * that alias, so that it is believed only where it is such a name as the VF would have.
     */
    Optional<VfIdentity> ownIdentity() {
        return note().map(VfNote::identity)
                .or(() -> link().filter(link -> origin.mayBeCalled(link.alias()))
                        .flatMap(link -> link.permanentMac()
                                .map(mac -> new VfIdentity(
                                        link.alias(), uplinkMtu, mac, adminMac.map(set -> MacAddress.NONE)))));
    }

    /** What the VF is to be again: where its own name is gone for good, it gets the one that the kernel falls back to. */
    VfIdentity restorable(VfIdentity own) {
        return nameTaken && place instanceof Place.AtHome home
                ? own.called("dev" + home.link().index())
                : own;
    }

    /** The same, but another netdev has the VF's own name. */
    public Observed withNameTaken() {
        return new Observed(
                pci,
                origin,
                representor,
                uplinkMtu,
                port,
                lastRow,
                strays,
                rivals,
                place,
                true,
                adminMac,
                podLinks,
                podDefaultRoutes,
                owner,
                boot);
    }

    /** The name that the VF at home does not show and should, by its mark or the note of it. */
    public Optional<String> nameToRestore() {
        if (!(place instanceof Place.AtHome home)) {
            return Optional.empty();
        }
        return mark().map(OwnerMark::original)
                .or(this::ownIdentity)
                .map(VfIdentity::name)
                .filter(name -> !name.equals(home.link().name()));
    }

    public Optional<Link> link() {
        if (place instanceof Place.AtHome home) {
            return Optional.of(home.link());
        }
        return place instanceof Place.InPod in ? Optional.of(in.link()) : Optional.empty();
    }

    boolean vfAtHome() {
        return place instanceof Place.AtHome || place instanceof Place.Userspace;
    }

    /** A row, and what is left of the pod that it was made for; none if the row does not say. */
    public record Held(Port row, Optional<Owner> owner) {
        boolean isAbandoned() {
            return owner.map(Owner::isGone).orElse(false);
        }
    }

    /**
     * What is left of the pod that a mark names.
     *
     * @param sandboxReady its sandbox still runs
     * @param netnsGone the path of its namespace is gone
     * @param podGone the pod is absent from the API, has finished, or runs in a newer sandbox
     * @param goneFor how long all of that has been so; zero while it is not
     */
    public record Owner(boolean sandboxReady, boolean netnsGone, boolean podGone, Duration goneFor) {

        /** DESIGN: the one rule by which anything is ever taken down. */
        boolean mayBeReleased(boolean vfAtHome) {
            return isGone() && (netnsGone || vfAtHome);
        }

        /** It will never use what it held, though its namespace may not be dead yet. */
        boolean isGone() {
            return !sandboxReady && podGone;
        }
    }
}
