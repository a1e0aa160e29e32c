package io.podoffload.binder.binding;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a VF is by itself and who has it, written on its representor. There no pod can write. The note outlives every pod, every CNI
 * that writes over the VF's own ifalias, the loss of OVSDB's rows and a restart of the binder, and goes with the device when that is
 * made anew.
 *
 * @param pci the VF; a note of another VF means nothing
 * @param lent whether a CNI has the VF, so that what it shows when it comes home is not its own
 * @param holder the sandbox that the binder brought the VF into, until it has put the VF back
 */
public record VfNote(PciAddress pci, VfIdentity identity, boolean lent, Optional<Holder> holder) {

    private static final Pattern ALIAS =
            Pattern.compile("pod-offload-vf pci=(\\S+) name=(\\S+) mtu=(\\d{1,9}) mac=(\\S+) admin=(\\S+)"
                    + " (own|lent|held uid=(\\S+) sandbox=(\\S+) netns=(\\S+))");
    private static final String NONE = "-";
    private static final int SANDBOX_DIGITS = 12;

    /**
     * A sandbox of a pod.
     *
     * @param sandboxId its first twelve digits, since an ifalias has 256 bytes (IFALIASZ of linux/if.h)
     * @param netns the last part of its namespace's path
     */
    record Holder(String podUid, String sandboxId, String netns) {}

    VfNote(PciAddress pci, VfIdentity identity) {
        this(pci, identity, false, Optional.empty());
    }

    VfNote asLent() {
        return new VfNote(pci, identity, true, Optional.empty());
    }

    /** Of what a mark says, until its VF is put back. */
    static VfNote held(OwnerMark mark) {
        String sandbox = mark.sandboxId();
        Holder holder = new Holder(
                mark.podUid(),
                sandbox.substring(0, Math.min(SANDBOX_DIGITS, sandbox.length())),
                mark.netns().substring(mark.netns().lastIndexOf('/') + 1));
        return new VfNote(mark.pci(), mark.original(), false, Optional.of(holder));
    }

    /** The mark that a row of the binder's would carry, for when it is lost; sandbox id and netns are shortened. */
    public Optional<OwnerMark> mark() {
        return holder.map(held -> new OwnerMark(held.podUid(), held.sandboxId(), pci, held.netns(), identity, ""));
    }

    /** The ifalias of the representor. */
    public String alias() {
        return "pod-offload-vf pci=%s name=%s mtu=%d mac=%s admin=%s %s"
                .formatted(
                        pci,
                        identity.name(),
                        identity.mtu(),
                        identity.mac(),
                        identity.adminMac().map(MacAddress::value).orElse(NONE),
                        holder.map(held -> "held uid=%s sandbox=%s netns=%s"
                                        .formatted(held.podUid(), held.sandboxId(), held.netns()))
                                .orElse(lent ? "lent" : "own"));
    }

    /** The note of the VF on its representor. */
    public static Optional<VfNote> on(Link representor, PciAddress vf) {
        return read(representor.alias()).filter(note -> note.pci().equals(vf));
    }

    /** The note that {@link #alias()} wrote, if {@code alias} is one. */
    public static Optional<VfNote> read(String alias) {
        Matcher matcher = ALIAS.matcher(alias);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            Optional<MacAddress> adminMac =
                    matcher.group(5).equals(NONE) ? Optional.empty() : Optional.of(new MacAddress(matcher.group(5)));
            return Optional.of(new VfNote(
                    new PciAddress(matcher.group(1)),
                    new VfIdentity(
                            matcher.group(2),
                            Integer.parseInt(matcher.group(3)),
                            new MacAddress(matcher.group(4)),
                            adminMac),
                    matcher.group(6).equals("lent"),
                    Optional.ofNullable(matcher.group(7))
                            .map(uid -> new Holder(uid, matcher.group(8), matcher.group(9)))));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // somebody edited it; it is written anew when the VF is free
        }
    }
}
