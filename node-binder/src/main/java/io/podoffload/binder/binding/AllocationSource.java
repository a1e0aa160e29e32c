package io.podoffload.binder.binding;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who allotted VFs to pods: a wall to I/O. Device plugins are asked by the kubelet's PodResources; claims of Dynamic Resource
 * Allocation name the same PCI addresses and would come through here.
 */
public interface AllocationSource {

    /** The VFs of the pod of this name, in the source's order; which of several pods of one name is meant, it may not say. */
    List<PciAddress> of(PodName pod);

    /** The VFs of all pods that hold any. */
    Map<PodName, List<PciAddress>> all();

    /** What there is for pods on this node, allotted VFs included. */
    Offer offer();

    /**
     * What a node has for pods.
     *
     * @param capacity number of devices by resource
     * @param vfs those devices that are named by their PCI addresses
     */
    record Offer(Map<String, Integer> capacity, Set<PciAddress> vfs) {
        public Offer {
            capacity = Map.copyOf(capacity);
            vfs = Set.copyOf(vfs);
        }
    }
}
