package io.podoffload.binder.binding;

import java.util.Locale;

/** Why a VF is in the state it is in: the reason of the pod's condition, of its Event and of the metric. */
public enum Reason {
    Bound(true, "The binder bound the VF and its representor, and OVN installed the port.", ""),
    Adopted(true, "The CNI bound the VF and its representor, and OVN installed the port.", ""),
    Free(true, "No pod holds the VF, and it shows its own name, MTU and MAC.", ""),
    Spare(true, "The pod holds the VF, but none of its networks needs it.", ""),
    OtherNetwork(
            true, "The pod uses the VF for a network that is not Kube-OVN's, so its CNI alone looks after it.", ""),
    NotManaged(
            true,
            "The kubelet does not offer the VF for a resource of pod-offload, or pod-offload.exclude names it, so the binder leaves it"
                    + " alone.",
            ""),

    WaitingForSandbox(false, "The pod has no running sandbox yet.", "Wait; see the pod's Events if it does not start."),
    WaitingForAddress(
            false,
            "kube-ovn-controller has not allotted an address to the pod's network yet.",
            "Check that a Subnet has spec.provider set to the network's provider, and kube-ovn-controller's log."),
    WaitingForSubnet(
            false,
            "The Subnet of the pod's network has not been read yet, which says its MTU and gateway.",
            "Check that the API server answers, and that a Subnet with u2oInterconnection has got its address."),
    WaitingForOvn(
            false,
            "ovn-controller has not installed the port's flows yet.",
            "Check ovn-controller on the node and that the logical switch port exists."),
    WaitingForVf(
            false,
            "The VF's netdev is in no namespace that can be seen.",
            "Wait for the old namespace to die; check that the VF is bound to its network driver."),
    WaitingForRelease(
            false,
            "The VF is still held by an earlier pod or sandbox.",
            "Wait for the earlier pod's namespace to be removed; see what keeps that pod terminating."),

    NoNetwork(
            false,
            "The pod holds a VF but names no default network.",
            "Add the label pod-offload.io/enabled: \"true\" and create the pod again."),
    NotAVf(
            false,
            "The device that the pod holds is no VF with a representor.",
            "Check that the PF is in switchdev mode: devlink dev eswitch show pci/ADDRESS-OF-THE-PF."),
    VethInsteadOfVf(
            false,
            "The CNI gave the pod a veth instead of the VF, because no deviceID reached it.",
            "Give the NetworkAttachmentDefinition the annotation k8s.v1.cni.cncf.io/resourceName, use the thick Multus,"
                    + " and create the pod again."),
    BoundByAnother(
            false,
            "Another tool holds the VF or its representor.",
            "Let only one of them manage VFs of this resource."),
    StaticPod(
            false,
            "It is a static pod. The API server has only a mirror of it, so the binder leaves it to its CNI.",
            "Let a DaemonSet run what needs a VF."),
    Ambiguous(
            false,
            "The pod holds several VFs, and nothing tells which network each is for.",
            "Request one VF for each network that needs one, and let the CNI report its device in network-status."),
    NoVf(
            false,
            "The pod is to have a VF, but the kubelet allotted none to it.",
            "Check that a container requests the profile's resource, and that the device plugin offers it on this node."),
    NotInjected(
            false,
            "The pod carries the label pod-offload.io/enabled, but was created before the webhook could see it.",
            "Create the pod again."),
    BadAnnotation(
            false,
            "An annotation of the pod's network cannot be read.",
            "See the message; kube-ovn-controller writes these annotations, so restore what it wrote."),
    WrongMac(
            false,
            "The VF's MAC is not the one that OVN expects, so that OVN drops the pod's packets.",
            "Let the program in the pod leave the MAC alone, or create the pod again."),
    DuplicateAddress(
            false,
            "Another host answers for the pod's IPv6 address, so that the pod's kernel does not use it (RFC 4862, 5.4).",
            "Find who has the address that the message names, and create the pod again."),
    IdentityUnknown(
            false,
            "The VF came back from a CNI, and nothing tells its own name, MTU and MAC.",
            "Bind the VF to its driver anew: echo ADDRESS to unbind and bind of /sys/bus/pci/drivers/mlx5_core."),
    PortFailed(false, "ovs-vswitchd could not open the representor.", "See the port's error and ovs-vswitchd's log."),
    Contested(
            false,
            "Somebody undoes what the binder does, again and again; it is changed once in 10 s from now on.",
            "Let only one program manage VFs and representors; see the message."),
    Paused(
            false,
            "There is something to do, and the binder is paused.",
            "Take the annotation pod-offload.io/paused away when you are done."),
    Excluded(
            false,
            "There is something to do, and pod-offload.exclude names the VF or its PF.",
            "Take it out of pod-offload.exclude, or let the device plugin not offer it."),
    StepFailed(false, "A step of binding failed; it is tried again.", "See the message and the binder's log.");

    private final boolean settled;
    private final String cause;
    private final String cure;

    Reason(boolean settled, String cause, String cure) {
        this.settled = settled;
        this.cause = cause;
        this.cure = cure;
    }

    /** Whether the VF is where it should be. */
    public boolean settled() {
        return settled;
    }

    /** Whether packets of a pod go through the VF. */
    public boolean binds() {
        return this == Bound || this == Adopted;
    }

    /** One sentence. */
    public String cause() {
        return cause;
    }

    /** One sentence; empty where there is nothing to cure. */
    public String cure() {
        return cure;
    }

    /** Whether this is only a matter of time, so that no Event need be written. */
    public boolean transitional() {
        return name().startsWith("WaitingFor");
    }

    /** Whether only an event changes it, so that looks in between would find the same. */
    public boolean lasts() {
        return settled || this == StaticPod || this == IdentityUnknown || this == Paused || this == Excluded;
    }

    /** How a person should take it. */
    public Severity severity() {
        if (this == Free || this == Spare || this == OtherNetwork || this == NotManaged) {
            return Severity.FREE;
        }
        return settled ? Severity.OK : transitional() || this == Paused ? Severity.WAIT : Severity.BAD;
    }

    /** From nothing to do to something to do, by their names in pages and reports. */
    public enum Severity {
        FREE,
        OK,
        WAIT,
        BAD;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
