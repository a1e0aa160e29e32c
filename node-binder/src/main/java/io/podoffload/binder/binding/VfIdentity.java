package io.podoffload.binder.binding;

import java.util.Optional;

/**
 * What a VF was before a pod got it, and what it must be again.
 *
 * @param name netdev name
 * @param mtu bytes
 * @param mac address of the netdev
 * @param adminMac address set through the PF, where the device has such
 */
public record VfIdentity(String name, int mtu, MacAddress mac, Optional<MacAddress> adminMac) {

    private static final String NO_NETDEV = "-";

    public static VfIdentity of(Link link, Optional<MacAddress> adminMac) {
        return new VfIdentity(link.name(), link.mtu(), link.mac(), adminMac);
    }

    /** Of a VF in the hands of a userspace driver: only what its PF keeps. */
    static VfIdentity withoutNetdev(Optional<MacAddress> adminMac) {
        return new VfIdentity(NO_NETDEV, 0, MacAddress.NONE, adminMac);
    }

    public boolean hasNetdev() {
        return !name.equals(NO_NETDEV);
    }

    VfIdentity called(String otherName) {
        return new VfIdentity(otherName, mtu, mac, adminMac);
    }

    /** Whether the PF keeps another admin MAC for the VF than its own; where either is unknown there is nothing to restore. */
    boolean isHiddenBy(Optional<MacAddress> shownAdminMac) {
        return adminMac.isPresent() && shownAdminMac.isPresent() && !adminMac.equals(shownAdminMac);
    }

    /** Whether {@code link} shows this identity; the admin MAC is not visible on the VF's own netdev. */
    public boolean isShownBy(Link link) {
        return link.name().equals(name) && link.mtu() == mtu && link.mac().equals(mac);
    }
}
