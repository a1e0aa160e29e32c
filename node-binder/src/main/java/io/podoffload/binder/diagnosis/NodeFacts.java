package io.podoffload.binder.diagnosis;

import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.ovs.OvsConfiguration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a node shows.
 *
 * @param kernel its release, {@code 6.1.0-13-amd64}
 * @param pfs with SR-IOV
 * @param ovs empty where Open vSwitch does not run
 * @param withIngressHook netdevs that have a hook for tc rules
 * @param managed netdevs that NetworkManager manages
 */
public record NodeFacts(
        String kernel,
        List<PhysicalFunction> pfs,
        Optional<OvsConfiguration> ovs,
        Set<String> withIngressHook,
        Set<String> managed) {

    public NodeFacts {
        pfs = List.copyOf(pfs);
        withIngressHook = Set.copyOf(withIngressHook);
        managed = Set.copyOf(managed);
    }

    /** Whether the kernel forwards packets, and not ovs-vswitchd itself. */
    boolean usesKernelDatapath() {
        return ovs.filter(found -> found.datapathTypes().stream().noneMatch("netdev"::equals))
                .isPresent();
    }
}
