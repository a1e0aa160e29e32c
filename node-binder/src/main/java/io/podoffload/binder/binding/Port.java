package io.podoffload.binder.binding;

import java.util.Map;
import java.util.Optional;

/**
 * An Interface row of OVSDB.
 *
 * @param name netdev name
 * @param type empty for a kernel netdev
 * @param externalIds its external_ids
 * @param ofport OpenFlow port number; 0 while ovs-vswitchd has not looked, -1 if it failed
 * @param error why it failed, empty if it did not
 * @param driver name of the kernel driver that ovs-vswitchd saw, empty if unknown
 * @see <a href="https://docs.openvswitch.org/en/latest/ref/ovs-vswitchd.conf.db.5/">ovs-vswitchd.conf.db(5)</a>
 */
public record Port(String name, String type, Map<String, String> externalIds, int ofport, String error, String driver) {

    public static final String IFACE_ID = "iface-id";

    public Port {
        externalIds = Map.copyOf(externalIds);
    }

    public Optional<String> ifaceId() {
        return Optional.ofNullable(externalIds.get(IFACE_ID));
    }

    /** ovn-controller has installed the flows of this port. */
    public boolean installedByOvn() {
        return "true".equals(externalIds.get("ovn-installed"));
    }

    public boolean failed() {
        return ofport < 0 || !error.isEmpty();
    }

    /** kube-ovn-cni writes these keys together; one of them alone proves nothing. */
    boolean madeByKubeOvn() {
        return "kube-ovn".equals(externalIds.get("vendor")) && externalIds.containsKey("pod_netns");
    }

    boolean isFor(String netns) {
        return netns.equals(externalIds.get("pod_netns"));
    }

    boolean adoptedFor(Desired.Binding binding) {
        return OwnerMark.ADOPTED.equals(externalIds.get(OwnerMark.OWNER))
                && binding.pod().uid().equals(externalIds.get(OwnerMark.POD_UID))
                && binding.sandboxId().equals(externalIds.get(OwnerMark.SANDBOX));
    }
}
