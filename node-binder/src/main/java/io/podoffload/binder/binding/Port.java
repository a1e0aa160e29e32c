package io.podoffload.binder.binding;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An Interface row of OVSDB.
 *
 * @param name netdev name
 * @param type empty for a kernel netdev
 * @param externalIds its external_ids
 * @param ofport OpenFlow port number; 0 while ovs-vswitchd has not looked, -1 if it failed
 * @param error why it failed, empty if it did not
 * @param driver name of the kernel driver that ovs-vswitchd saw, empty if unknown
 * @param adminUp whether ovs-vswitchd sees the link as set up, with or without a carrier
 * @see <a href="https://docs.openvswitch.org/en/latest/ref/ovs-vswitchd.conf.db.5/">ovs-vswitchd.conf.db(5)</a>
 */
public record Port(
        String name,
        String type,
        Map<String, String> externalIds,
        int ofport,
        String error,
        String driver,
        boolean adminUp) {

    public static final String IFACE_ID = "iface-id";

    /** Written by ovn-controller when the flows of the port are there, and since when (milliseconds). */
    public static final String OVN_INSTALLED = "ovn-installed";

    public static final String OVN_INSTALLED_TS = "ovn-installed-ts";

    /** Written by kube-ovn-cni: path of the namespace that it was called for. */
    public static final String POD_NETNS = "pod_netns";

    private static final String VENDOR = "vendor";
    private static final String KUBE_OVN = "kube-ovn";
    private static final String POD_NAME = "pod_name";
    private static final String POD_NAMESPACE = "pod_namespace";
    private static final String IP = "ip";

    /** kube-ovn-cni names a representor after the sandbox's id, and after the interface if that is not eth0. */
    private static final Pattern KUBE_OVN_NAME = Pattern.compile("([0-9a-f]{1,12})(?:_(.+))?_h");

    private static final int KUBE_OVN_DIGITS = 12;

    public Port {
        externalIds = Map.copyOf(externalIds);
    }

    public Optional<String> ifaceId() {
        return Optional.ofNullable(externalIds.get(IFACE_ID));
    }

    /** ovn-controller has installed the flows of this port. */
    public boolean installedByOvn() {
        return "true".equals(externalIds.get(OVN_INSTALLED));
    }

    public boolean failed() {
        return ofport < 0 || !error.isEmpty();
    }

    /** kube-ovn-cni writes these keys together; one of them alone proves nothing. */
    public boolean madeByKubeOvn() {
        return KUBE_OVN.equals(externalIds.get(VENDOR)) && externalIds.containsKey(POD_NETNS);
    }

    /** Whether the binder's keys name the pod. */
    public boolean isOf(String podUid) {
        return podUid.equals(externalIds.get(OwnerMark.POD_UID));
    }

    /** Nothing but the binder's keys and OVN's: a row of the binder's own, though somebody may have edited it. */
    boolean mayBeOurs() {
        return type.isEmpty()
                && !OwnerMark.ADOPTED.equals(externalIds.get(OwnerMark.OWNER))
                && externalIds.keySet().stream()
                        .allMatch(key -> key.startsWith(OwnerMark.PREFIX)
                                || key.startsWith(OVN_INSTALLED)
                                || key.equals(IFACE_ID));
    }

    /** Namespace and name of the pod that kube-ovn-cni made the row for; of a KubeVirt pod it is the name of the virtual machine. */
    public Optional<PodName> kubeOvnPod() {
        String namespace = externalIds.get(POD_NAMESPACE);
        String name = externalIds.get(POD_NAME);
        return madeByKubeOvn() && namespace != null && name != null
                ? Optional.of(new PodName(namespace, name))
                : Optional.empty();
    }

    /**
     * The first digits of the id of the sandbox that kube-ovn-cni named a representor after: twelve, less the letters of an interface
     * other than eth0.
     */
    public static Optional<String> kubeOvnSandbox(String representor) {
        Matcher matcher = KUBE_OVN_NAME.matcher(representor);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int letters = matcher.group(2) == null ? 0 : matcher.group(2).length();
        return Optional.of(matcher.group(1)).filter(digits -> digits.length() + letters == KUBE_OVN_DIGITS);
    }

    /** The keys that kube-ovn-cni writes for this binding (setupSriovInterface, its step of add-port). */
    static Map<String, String> kubeOvnKeys(Desired.Binding binding) {
        Map<String, String> keys = new java.util.LinkedHashMap<>();
        keys.put(IFACE_ID, binding.network().ifaceId());
        keys.put(VENDOR, KUBE_OVN);
        keys.put(POD_NAME, binding.pod().name());
        keys.put(POD_NAMESPACE, binding.pod().namespace());
        keys.put(POD_NETNS, binding.netns());
        if (!binding.network().addresses().isEmpty()) {
            keys.put(
                    IP,
                    String.join(
                            ",",
                            binding.network().addresses().stream()
                                    .map(InterfaceAddress::address)
                                    .toList()));
        }
        return keys;
    }

    /** The network that the sandbox of an adopted row was bound with. */
    Optional<PodNetwork> network() {
        return Optional.ofNullable(externalIds.get(OwnerMark.NETWORK)).flatMap(NetworkText::read);
    }

    /** The keys of its maker, without the binder's and OVN's. */
    Map<String, String> keysOfMaker() {
        Map<String, String> keys = new java.util.LinkedHashMap<>(externalIds);
        keys.keySet().removeIf(key -> key.startsWith(OwnerMark.PREFIX) || key.startsWith(OVN_INSTALLED));
        return keys;
    }

    /** Whether kube-ovn-cni made it for the sandbox with this namespace. */
    public boolean isFor(String netns) {
        return netns.equals(externalIds.get(POD_NETNS));
    }

    boolean adoptedFor(Desired.Binding binding) {
        return OwnerMark.ADOPTED.equals(externalIds.get(OwnerMark.OWNER))
                && binding.pod().uid().equals(externalIds.get(OwnerMark.POD_UID))
                && binding.sandboxId().equals(externalIds.get(OwnerMark.SANDBOX));
    }
}
