package io.podoffload.sim;

/** Which CNI the sandboxes made from now on get. */
public enum CniMode {
    /** kube-ovn-cni, which binds the VF itself. */
    KUBE_OVN,
    /** kube-ovn-cni to which Multus passed no deviceID, so that it makes a veth. */
    KUBE_OVN_WITHOUT_DEVICE_ID,
    /** Another CNI makes eth0, and kube-ovn-cni brings the VF as net1, for the pod's first other network. */
    KUBE_OVN_SECOND,
    /** Another CNI, which makes a plain eth0 and leaves the VF alone. */
    OTHER
}
