package io.podoffload.sim;

import io.podoffload.binder.binding.PciAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The NIC of a node: made up, or the kernel's own in the lab. */
public interface Nic {

    /** One VF as it is now: {@code name} is empty while it is in another namespace. */
    record Vf(
            PciAddress pci,
            String name,
            String mac,
            int mtu,
            boolean up,
            String alias,
            String representor,
            boolean representorUp) {}

    Path sysfs();

    List<PciAddress> pciAddresses();

    /** The VFs as the kernel shows them now, by address. */
    Map<PciAddress, Vf> inventory();

    /** The VFs in the namespace at {@code netns} that do not come home by themselves, as {@code ip -j link} shows them. */
    List<JsonNode> vfsIn(String netns);

    /** Whether the host has a link of this name. */
    boolean isTaken(String name);
}
