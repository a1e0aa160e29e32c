package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.ManagedDevices;
import io.podoffload.binder.kernel.NicTopology;
import java.util.Optional;
import java.util.stream.Stream;

/** Says who else may change a VF and its representor. */
public final class Opponent {

    private final VfInventory inventory;
    private final NicTopology topology;
    private final Links host;
    private final ManagedDevices networkManager;

    public Opponent(VfInventory inventory, NicTopology topology, Links host, ManagedDevices networkManager) {
        this.inventory = inventory;
        this.topology = topology;
        this.host = host;
        this.networkManager = networkManager;
    }

    /** Half a sentence. */
    public String of(PciAddress pci) {
        Optional<String> representor =
                inventory.known(pci).map(entry -> entry.vf().representor());
        return Stream.concat(topology.netdev(pci).stream(), representor.stream())
                .flatMap(name -> host.named(name).stream())
                .filter(networkManager::contains)
                .map(Link::name)
                .findFirst()
                .map(name -> "NetworkManager manages " + name)
                .orElse("see who it is with ip monitor link, and ovsdb-client monitor Interface");
    }
}
