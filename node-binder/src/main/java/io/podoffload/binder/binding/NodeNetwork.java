package io.podoffload.binder.binding;

import java.util.Map;

/** The one door from the plan to the node. Each verb is safe to repeat; a failure is an unchecked exception. */
public interface NodeNetwork {

    /** Makes the durable row of {@code representor}, without an iface-id, that carries {@code mark}. */
    void recordBinding(String representor, OwnerMark mark);

    /** Writes {@code mark} onto the VF itself. */
    void markVf(String vfName, OwnerMark mark);

    /** Writes {@code note} of a VF onto its representor. */
    void noteVf(String representor, VfNote note);

    /** Sets the VF's MAC through its PF, where the device can. */
    void setAdminMac(PciAddress vf, MacAddress mac);

    /** Moves the VF into the namespace at {@code netns}, with name, MTU and MAC, in one request. */
    void moveIntoPod(String vfName, String netns, PodInterface target);

    /** Brings the interface up in the pod, with MTU, MAC, alias, addresses and routes. */
    void configureInPod(String netns, PodInterface target);

    /** Gives the row its iface-id, upon which OVN takes the port. */
    void attach(String representor, String ifaceId);

    /** Takes the iface-id off the row, if it still is what {@code expected} says, upon which OVN lets the port go. */
    void detach(String representor, Map<String, String> expected);

    void setRepresentorUp(String representor, int mtu);

    void setRepresentorDown(String representor);

    /** Tells the network where the pod's addresses are now, and notes {@code stamp} in the row. */
    void announce(String netns, PodInterface target, String representor, String stamp);

    /** Sets keys of a row, if the row still is what {@code expected} says. */
    void markRow(String representor, Map<String, String> expected, Map<String, String> keys);

    /** Makes the row of {@code representor} with all of {@code keys}, an iface-id among them; durable. */
    void restorePort(String representor, Map<String, String> keys);

    /** Gives the VF in the host's namespace its identity back and takes the mark off it; read back before it returns. */
    void resetVf(PciAddress vf, String currentName, VfIdentity identity);

    /** Deletes the row of {@code representor}, if its external_ids still are what {@code expected} says. */
    void deletePort(String representor, Map<String, String> expected);
}
