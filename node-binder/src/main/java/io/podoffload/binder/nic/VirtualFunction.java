package io.podoffload.binder.nic;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.Place;
import java.util.Optional;

/**
 * A VF of a PF.
 *
 * @param driver that it is bound to
 * @param netdev on the host; empty while it is in another namespace, or has none
 * @param representor in switchdev mode
 */
public record VirtualFunction(
        int index, PciAddress pci, Optional<String> driver, Optional<String> netdev, Optional<Netdev> representor) {

    /** Whether a userspace driver has it, as virtual machines and DPDK use them. */
    public boolean isUserspace() {
        return driver.filter(Place.Userspace::isDriver).isPresent();
    }

    /** Whether its netdev is in another namespace, which is somebody's pod. */
    public boolean isElsewhere() {
        return driver.isPresent() && !isUserspace() && netdev.isEmpty();
    }
}
