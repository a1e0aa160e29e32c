package io.podoffload.binder.nic;

import java.util.List;

/**
 * Somebody who uses a PF or one of its VFs.
 *
 * @param kind how
 * @param text who and what, for a person
 */
public record Use(Kind kind, String text) {

    /** How a PF or a VF is used, and so which changes it forbids. */
    public enum Kind {
        /** A pod holds the VF. */
        ALLOTTED(false),
        /** The VF's netdev is in another network namespace. */
        ELSEWHERE(false),
        /** A virtual machine or a DPDK program has the VF. */
        USERSPACE(false),
        /** The representor or the uplink is a port of a bridge of Open vSwitch. */
        IN_BRIDGE(false),
        /** The host itself has the VF: an address, a bond or bridge, or a link that stands on it. */
        OF_HOST(false),
        /** It could not be found out whether a pod holds a VF. */
        UNKNOWN(false),
        /** The node's default route goes by the uplink. */
        DEFAULT_ROUTE(true),
        /** The uplink has the address that OVN's tunnels come from. */
        TUNNEL_ADDRESS(true),
        /** The uplink has another address: of the API server's subnet, storage, management. */
        ADDRESS(true),
        /** The uplink is part of a bond or a bridge of the kernel. */
        MEMBER(true);

        private final boolean ofNode;

        Kind(boolean ofNode) {
            this.ofNode = ofNode;
        }
    }

    /** Whether the step would disturb it. */
    public boolean forbids(PreparationStep step, PfSettings settings) {
        return switch (step.harm()) {
            case NONE -> false;
            case TAKES_VFS -> !kind.ofNode;
            case CUTS_UPLINK -> !kind.ofNode || !settings.mayCut();
            case TOUCHES_UPLINK -> kind.ofNode && !settings.mayCut();
        };
    }

    static List<Use> ofVfs(PhysicalFunction pf) {
        return pf.vfs().stream()
                .flatMap(vf -> {
                    if (vf.isUserspace()) {
                        return java.util.stream.Stream.of(new Use(
                                Kind.USERSPACE,
                                "VF " + vf.pci() + " is bound to " + vf.driver().orElse("")
                                        + ", so a virtual machine or" + " a userspace program may have it"));
                    }
                    return vf.isElsewhere()
                            ? java.util.stream.Stream.of(new Use(
                                    Kind.ELSEWHERE,
                                    "the netdev of VF " + vf.pci() + " is in another network namespace, so a container"
                                            + " has it"))
                            : java.util.stream.Stream.<Use>empty();
                })
                .toList();
    }
}
