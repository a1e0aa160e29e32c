package io.podoffload.binder;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.command.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The node-binder's settings.
 *
 * @param nodeName name of the node that the binder runs on, as the API server knows it
 * @param namespace the Namespace that the webhook and the node-binders run in
 * @param resources extended resources that stand for VFs, domain/name
 * @param exclude PCI addresses of VFs or PFs, and netdevs of PFs, that are never changed
 * @param sysfs root of sysfs
 * @param procfs root of procfs, where the id of the machine's boot is read
 * @param kubeletSocket socket of the kubelet's PodResources API
 * @param criSocket socket of the container runtime
 * @param ovsdbSocket socket of Open vSwitch's database
 * @param commandSocket unix socket by which the running binder answers explain, doctor and inventory
 * @param networkManager folder in which NetworkManager keeps a file for each device
 * @param proof how often to see by the flows of Open vSwitch where the packets of bound pods run
 * @param bridge the OVN integration bridge
 * @param stuckAfter how long a part of the binder that must never stop may give no sign of life before liveness fails
 * @param resync how often to look at every VF, whatever events say
 */
@ConfigurationProperties("pod-offload")
public record NodeBinderProperties(
        @DefaultValue("") String nodeName,
        @DefaultValue("pod-offload") String namespace,
        @DefaultValue("mellanox.com/cx5_sriov_switchdev") Set<String> resources,
        @DefaultValue Set<String> exclude,
        @DefaultValue("/sys") Path sysfs,
        @DefaultValue("/proc") Path procfs,

        @DefaultValue("/var/lib/kubelet/pod-resources/kubelet.sock")
        Path kubeletSocket,

        @DefaultValue("/run/containerd/containerd.sock") Path criSocket,
        @DefaultValue("/run/openvswitch/db.sock") Path ovsdbSocket,
        @DefaultValue(Settings.DEFAULT_SOCKET) Path commandSocket,
        @DefaultValue("/run/NetworkManager/devices") Path networkManager,
        @DefaultValue("10s") Duration proof,
        @DefaultValue("br-int") String bridge,
        @DefaultValue("5m") Duration stuckAfter,
        @DefaultValue("5m") Duration resync) {

    public NodeBinderProperties {
        resources = Set.copyOf(resources);
        exclude = exclude.stream().map(NodeBinderProperties::addressOrName).collect(Collectors.toUnmodifiableSet());
        if (nodeName.isBlank()) {
            throw new IllegalArgumentException(
                    "pod-offload.node-name is not set: give the node's name, in a DaemonSet by the environment variable"
                            + " POD_OFFLOAD_NODE_NAME from fieldRef spec.nodeName");
        }
    }

    /** Where the sockets of Open vSwitch are. */
    Path openvswitchRunDir() {
        Path directory = ovsdbSocket.toAbsolutePath().getParent();
        return directory == null ? Path.of("/run/openvswitch") : directory;
    }

    /** As sysfs writes it. */
    private static String addressOrName(String text) {
        if (!text.contains(":")) {
            return text;
        }
        String address = text.toLowerCase(Locale.ROOT);
        if (!PciAddress.isPciAddress(address)) {
            throw new IllegalArgumentException("pod-offload.exclude: '" + text
                    + "' is no PCI address: give it with its domain, such as 0000:3b:00.2, or the netdev of a PF");
        }
        return address;
    }
}
