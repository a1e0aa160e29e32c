package io.podoffload.binder.binding;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who holds a VF that the binder bound, and what the VF was before.
 *
 * <p>It is the binder's only memory, and stands where the thing itself is: in the {@code external_ids} of the
 * representor's Interface row, and in short form in the VF's ifalias, which stays on the netdev when its namespace dies.
 * Values hold no space, comma or quote, and no key ends like one of kube-ovn's, whose garbage collector reads rows by
 * substring.
 *
 * @param boot of the machine, by its boot id: what the VF was before is no longer true after another boot; empty in an
 *     alias, which does not outlive one
 */
public record OwnerMark(
        String podUid, String sandboxId, PciAddress pci, String netns, VfIdentity original, String boot) {

    /** Of all keys that the binder writes. */
    static final String PREFIX = "pod-offload-";

    /** Key whose value tells how the binder came to the row. */
    public static final String OWNER = "pod-offload-owner";

    /** Value of {@link #OWNER} on rows that the binder made. */
    public static final String BOUND = "bound";

    /** Value of {@link #OWNER} on rows that a CNI made and the binder looks after. */
    public static final String ADOPTED = "adopted";

    public static final String POD_UID = "pod-offload-pod-uid";
    public static final String SANDBOX = "pod-offload-sandbox";
    public static final String PCI = "pod-offload-pci";

    /** Key whose value is the {@code ovn-installed-ts} for which the pod's addresses were announced. */
    public static final String ANNOUNCED = "pod-offload-announced";

    private static final String NETNS = "pod-offload-netns";
    private static final String NAME = "pod-offload-vf-name";
    private static final String MTU = "pod-offload-vf-mtu";
    private static final String MAC = "pod-offload-vf-mac";
    private static final String ADMIN_MAC = "pod-offload-vf-admin-mac";
    private static final String BOOT = "pod-offload-boot";

    private static final Pattern ALIAS = Pattern.compile(
            "pod-offload pci=(\\S+) uid=(\\S+) sandbox=(\\S+) netns=(\\S+) name=(\\S+) mtu=(\\d+) mac=(\\S+) admin=(\\S+)");
    private static final String NONE = "-";

    /** The keys that mark a row; a map without order, as OVSDB keeps it. */
    public Map<String, String> externalIds() {
        Map<String, String> ids = new LinkedHashMap<>();
        ids.put(OWNER, BOUND);
        ids.put(POD_UID, podUid);
        ids.put(SANDBOX, sandboxId);
        ids.put(PCI, pci.value());
        ids.put(NETNS, netns);
        ids.put(NAME, original.name());
        ids.put(MTU, Integer.toString(original.mtu()));
        ids.put(MAC, original.mac().value());
        original.adminMac().ifPresent(mac -> ids.put(ADMIN_MAC, mac.value()));
        ids.put(BOOT, boot);
        return ids;
    }

    /** The mark on a row that the binder made, if it is one and whole. */
    public static Optional<OwnerMark> read(Map<String, String> ids) {
        if (!BOUND.equals(ids.get(OWNER))) {
            return Optional.empty();
        }
        try {
            return Optional.of(new OwnerMark(
                    value(ids, POD_UID),
                    value(ids, SANDBOX),
                    new PciAddress(value(ids, PCI)),
                    value(ids, NETNS),
                    new VfIdentity(
                            value(ids, NAME),
                            Integer.parseInt(value(ids, MTU)),
                            new MacAddress(value(ids, MAC)),
                            Optional.ofNullable(ids.get(ADMIN_MAC)).map(MacAddress::new)),
                    value(ids, BOOT)));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // somebody edited the row; the alias still tells
        }
    }

    /** The short form; the longest is well below the 256 bytes of IFALIASZ (linux/if.h). */
    public String alias() {
        return "pod-offload pci=%s uid=%s sandbox=%s netns=%s name=%s mtu=%d mac=%s admin=%s"
                .formatted(
                        pci,
                        podUid,
                        sandboxId.substring(0, Math.min(12, sandboxId.length())),
                        netns.substring(netns.lastIndexOf('/') + 1),
                        original.name(),
                        original.mtu(),
                        original.mac(),
                        original.adminMac().map(MacAddress::value).orElse(NONE));
    }

    /** The mark that {@link #alias()} wrote, if {@code alias} is one; sandbox id and netns come shortened. */
    public static Optional<OwnerMark> readAlias(String alias) {
        Matcher matcher = ALIAS.matcher(alias);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new OwnerMark(
                    matcher.group(2),
                    matcher.group(3),
                    new PciAddress(matcher.group(1)),
                    matcher.group(4),
                    new VfIdentity(
                            matcher.group(5),
                            Integer.parseInt(matcher.group(6)),
                            new MacAddress(matcher.group(7)),
                            matcher.group(8).equals(NONE)
                                    ? Optional.empty()
                                    : Optional.of(new MacAddress(matcher.group(8)))),
                    ""));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether the original identity was read since the machine started. */
    boolean isOf(String currentBoot) {
        return boot.isEmpty() || boot.equals(currentBoot);
    }

    private static String value(Map<String, String> ids, String key) {
        String value = ids.get(key);
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException("external_ids has no " + key);
        }
        return value;
    }
}
