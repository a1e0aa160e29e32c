package io.podoffload.binder.binding;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a VF is by itself, written on its representor: there it outlives every pod, every CNI that writes over the VF's own
 * ifalias, the loss of OVSDB's rows and a restart of the binder, and goes with the device when that is made anew.
 *
 * @param pci the VF; a note of another VF means nothing
 * @param lent whether a CNI has the VF, so that what it shows when it comes home is not its own
 */
public record VfNote(PciAddress pci, VfIdentity identity, boolean lent) {

    private static final Pattern ALIAS =
            Pattern.compile("pod-offload-vf pci=(\\S+) name=(\\S+) mtu=(\\d+) mac=(\\S+) admin=(\\S+) (own|lent)");
    private static final String NONE = "-";

    VfNote(PciAddress pci, VfIdentity identity) {
        this(pci, identity, false);
    }

    VfNote asLent() {
        return new VfNote(pci, identity, true);
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
                        lent ? "lent" : "own");
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
                    matcher.group(6).equals("lent")));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // somebody edited it; it is written anew when the VF is free
        }
    }
}
