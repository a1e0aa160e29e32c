package io.podoffload.binder.nic;

import io.podoffload.binder.binding.PciAddress;
import java.util.List;

/** The NICs of a node, as far as preparation reads and changes them. */
public interface NicControl {

    /** All PFs with SR-IOV, in the order of their addresses. */
    List<PhysicalFunction> pfs();

    /** One of them, read now. */
    PhysicalFunction pf(PciAddress pci);

    /**
     * From none to {@code count}, or from some to none; returns when they are there, or gone.
     *
     * @param probed whether new ones go to their driver
     */
    void setVfCount(PciAddress pf, int count, boolean probed);

    /** Takes all VFs from their driver. */
    void unbindVfs(PciAddress pf);

    /** Gives each VF that has no driver to the one that the kernel has for it. */
    void bindVfs(PciAddress pf);

    void setEswitchMode(PciAddress pf, Eswitch.Mode mode);

    void setEncap(PciAddress pf, boolean encap);

    void setSteering(PciAddress pf, String mode);

    /** On the uplink. */
    void setUplinkTcOffload(PciAddress pf, boolean on);

    /** On every representor. */
    void setRepresentorTcOffload(PciAddress pf, boolean on);

    /** On the uplink, bytes; a representor has the MTU of the pod that holds its VF. */
    void setUplinkMtu(PciAddress pf, int mtu);
}
