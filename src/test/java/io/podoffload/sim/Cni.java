package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.binder.binding.PciAddress;
import java.util.List;

/** The CNI of a node, called by the runtime while a sandbox is made and when it goes. */
interface Cni {

    /**
     * @param containerId id of the sandbox, 64 hexadecimal digits
     * @param netns path of its network namespace
     * @param devices what the kubelet allotted to the pod
     */
    record Request(Pod pod, String containerId, String netns, List<PciAddress> devices) {}

    /** Sets {@code eth0} up and returns the pod's address. */
    String add(Request request);

    /** Takes down what {@link #add} made; missing pieces are no failure. */
    void delete(Request request);
}
