package io.podoffload.binder.binding;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Who holds a VF that the binder bound, and what the VF was before.
 *
 * <p>It is the binder's only memory, and stands where no pod can write: in the {@code external_ids} of the representor's Interface
 * row, and in short form in the representor's ifalias, see {@link VfNote}.
 * Values hold no space, comma or quote, and no key ends like one of kube-ovn's, whose garbage collector reads rows by
 * substring.
 *
 * @param boot of the machine, by its boot id: what the VF was before is no longer true after another boot; empty in a
 *     mark from an ifalias, which does not outlive one
 * @param network that the sandbox was bound with: later edits of the pod's annotations do not change it
 */
public record OwnerMark(
        String podUid,
        String sandboxId,
        PciAddress pci,
        String netns,
        VfIdentity original,
        String boot,
        Optional<PodNetwork> network) {

    /** One from an ifalias, which has no room for the network. */
    OwnerMark(String podUid, String sandboxId, PciAddress pci, String netns, VfIdentity original, String boot) {
        this(podUid, sandboxId, pci, netns, original, boot, Optional.empty());
    }

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

    /** Key whose value is the network that the sandbox was bound with, see {@link NetworkText}. */
    static final String NETWORK = "pod-offload-network";

    private static final String NETNS = "pod-offload-netns";
    private static final String NAME = "pod-offload-vf-name";
    private static final String MTU = "pod-offload-vf-mtu";
    private static final String MAC = "pod-offload-vf-mac";
    private static final String ADMIN_MAC = "pod-offload-vf-admin-mac";
    private static final String BOOT = "pod-offload-boot";

    private static final String ALIAS = "pod-offload pci=";

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
        network.ifPresent(bound -> ids.put(NETWORK, NetworkText.of(bound)));
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
                    value(ids, BOOT),
                    Optional.ofNullable(ids.get(NETWORK)).flatMap(NetworkText::read)));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // somebody edited the row; the note on the representor still tells
        }
    }

    /** The row's mark, else the one on the representor, unless the row is somebody else's: either one lost is known from the other. */
    static Optional<OwnerMark> of(Optional<Port> row, Optional<VfNote> note) {
        return row.flatMap(one -> read(one.externalIds()))
                .or(() -> row.map(Port::mayBeOurs).orElse(true) ? note.flatMap(VfNote::mark) : Optional.empty());
    }

    /**
     * The ifalias of the VF while a pod has it, by which the VF is found in the pod where the kernel does not tell its device. The pod
     * can write it, so that it says nothing else and is believed for nothing else.
     */
    public String alias() {
        return ALIAS + pci;
    }

    /** The VF that an ifalias names. */
    public static Optional<PciAddress> markedVf(String alias) {
        return Optional.of(alias)
                .filter(text -> text.startsWith(ALIAS))
                .map(text -> text.substring(ALIAS.length()).split(" ", 2)[0])
                .filter(PciAddress::isPciAddress)
                .map(PciAddress::new);
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
