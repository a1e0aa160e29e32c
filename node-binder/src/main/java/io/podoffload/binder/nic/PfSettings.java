package io.podoffload.binder.nic;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a PF is to be; what is empty is left as it is.
 *
 * @param vfs how many VFs
 * @param eswitch mode of the embedded switch
 * @param steering how the driver programs its tables, {@code smfs}, {@code dmfs} or {@code hmfs}
 * @param encap whether tunnel headers are handled in hardware
 * @param tcOffload of the uplink and all representors
 * @param mtu of the uplink, bytes
 * @param order of VFs and mode
 * @param mayCut whether the mode may be changed although the node's own traffic goes by this PF
 */
public record PfSettings(
        OptionalInt vfs,
        Optional<Eswitch.Mode> eswitch,
        Optional<String> steering,
        Optional<Boolean> encap,
        Optional<Boolean> tcOffload,
        OptionalInt mtu,
        Order order,
        boolean mayCut) {

    /** Firmware differs in what must come first; both are tried, this one first. */
    public enum Order {
        VFS_FIRST,
        SWITCHDEV_FIRST;

        public Order other() {
            return this == VFS_FIRST ? SWITCHDEV_FIRST : VFS_FIRST;
        }
    }
}
