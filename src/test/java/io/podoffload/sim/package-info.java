/**
 * The simulated node and cluster: everything that pod-offload talks to, real where it can be.
 *
 * <p>Open vSwitch, OVN, network namespaces, sockets and processes are real. What stands in for the kubelet, the container
 * runtime, kube-ovn and the silicon does what the original does, in its order, its faults included, and never waits for
 * the binder. It runs programs such as {@code ip}, so that what the binder does by netlink is seen by other eyes.
 */
@NullMarked
package io.podoffload.sim;

import org.jspecify.annotations.NullMarked;
