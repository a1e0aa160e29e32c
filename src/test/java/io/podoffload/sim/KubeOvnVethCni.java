package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;

/** kube-ovn-cni without a deviceID: the pod gets a veth on br-int, and its VF stays idle. */
final class KubeOvnVethCni implements Cni {

    private final KubernetesClient client;
    private final OpenVSwitch ovs;

    KubeOvnVethCni(KubernetesClient client, OpenVSwitch ovs) {
        this.client = client;
        this.ovs = ovs;
    }

    @Override
    public String add(Request request) {
        Pod pod = request.pod();
        AllottedAddress address = AllottedAddress.await(client, pod);
        String host = hostEnd(request);
        String netns = request.netns();
        Programs.run("ip", "link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", netns);
        Programs.runIn(netns, "ethtool", "-K", "eth0", "tx", "off");
        Programs.runIn(netns, "ip", "link", "set", "eth0", "address", address.mac(), "up");
        address.withPrefixes().forEach(ip -> Programs.runIn(netns, "ip", "address", "add", ip, "dev", "eth0"));
        Programs.run("ip", "link", "set", host, "up");
        ovs.vsctl(
                "add-port",
                "br-int",
                host,
                "--",
                "set",
                "interface",
                host,
                "external_ids:iface-id=" + address.portName(),
                "external_ids:vendor=kube-ovn",
                "external_ids:pod_name=" + pod.getMetadata().getName(),
                "external_ids:pod_namespace=" + pod.getMetadata().getNamespace(),
                "external_ids:pod_netns=" + netns);
        ovs.vsctl("wait-until", "Interface", host, "external_ids:ovn-installed=true");
        return address.podIp();
    }

    @Override
    public void delete(Request request) {
        ovs.vsctl("--if-exists", "--with-iface", "del-port", "br-int", hostEnd(request));
        new PlainCni.HostEnd(hostEnd(request)).delete();
    }

    private static String hostEnd(Request request) {
        return request.containerId().substring(0, 12) + "_h";
    }
}
