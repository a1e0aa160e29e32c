package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.podoffload.binder.binding.PciAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Does to a VF what kube-ovn-cni does when Multus hands it a deviceID, step by step as of v1.16, and at DEL leaves undone what
 * kube-ovn-cni leaves undone: the VF is renamed and "moved" into the namespace where it already is, and comes home only when
 * that dies; its MTU, MAC and alias stay, and so does the representor's new name.
 *
 * <p>A veth has no admin MAC, so the step that sets it through the PF has nothing to act on here.
 */
final class KubeOvnCni implements Cni {

    private static final Logger LOG = LoggerFactory.getLogger(KubeOvnCni.class);
    private static final String MTU = "1400";
    private static final String DEFAULT_INTERFACE = "eth0";

    private final KubernetesClient client;
    private final OpenVSwitch ovs;
    private final SimulatedNic nic;

    KubeOvnCni(KubernetesClient client, OpenVSwitch ovs, SimulatedNic nic) {
        this.client = client;
        this.ovs = ovs;
        this.nic = nic;
    }

    @Override
    public String add(Request request) {
        return attach(request, DEFAULT_INTERFACE, KubeOvnController.provider(request.pod()));
    }

    /** What Multus calls for each network of a pod. */
    String attach(Request request, String name, String provider) {
        Pod pod = request.pod();
        AllottedAddress address = AllottedAddress.await(client, pod, provider);
        Optional<String> machine = KubeOvnController.machine(pod, address.provider());
        PciAddress device = request.devices().stream()
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "no deviceID for " + pod.getMetadata().getName()));
        String vf = nic.netdev(device);
        String vfByIndex = byIndex(vf);
        String representor = representor(request, name);
        String oldName = nic.representor(device);
        Programs.run("ip", "link", "set", oldName, "down");
        Programs.run("ip", "link", "set", oldName, "name", representor);
        stripOthers(address.portName(), representor);
        List<String> addPort = new ArrayList<>(List.of(
                "--may-exist",
                "add-port",
                "br-int",
                representor,
                "--",
                "set",
                "interface",
                representor,
                "external_ids:iface-id=" + address.portName(),
                "external_ids:vendor=kube-ovn",
                "external_ids:pod_name=" + machine.orElse(pod.getMetadata().getName()),
                "external_ids:pod_namespace=" + pod.getMetadata().getNamespace(),
                "external_ids:pod_netns=" + request.netns(),
                "external_ids:ip=\"" + address.ip() + "\""));
        encapIp(address.subnet()).ifPresent(ip -> addPort.add("external_ids:encap-ip=\"" + ip + "\""));
        ovs.vsctl(addPort.toArray(String[]::new));
        annotate(
                pod,
                address.provider() + ".kubernetes.io/",
                Map.of("vf_representor", representor, "vf", vf, "pod_nic_type", "sriov"));
        Programs.run("ip", "link", "set", representor, "mtu", MTU);
        Programs.run("ip", "link", "set", representor, "up", "txqueuelen", "1000");
        ovs.vsctl("wait-until", "Interface", representor, "external_ids:ovn-installed=true");
        if (machine.isPresent()) {
            nic.giveToMachine(device, request.netns());
            return address.podIp();
        }
        Programs.run("ip", "link", "set", vfByIndex, "alias", vf);
        Programs.run("ip", "link", "set", vfByIndex, "netns", request.netns(), "name", name);
        String netns = request.netns();
        Programs.runIn(netns, "ip", "link", "set", name, "address", address.mac(), "mtu", MTU);
        Programs.runIn(netns, "ip", "link", "set", name, "up");
        address.withPrefixes().forEach(ip -> Programs.runIn(netns, "ip", "address", "add", ip, "dev", name));
        if (name.equals(DEFAULT_INTERFACE)) {
            address.gateways()
                    .forEach(gateway ->
                            Programs.runIn(netns, "ip", "route", "add", "default", "via", gateway, "dev", name));
        }
        return address.podIp();
    }

    /** Of a Subnet with a network of the nodes: the node's address in it. */
    private Optional<String> encapIp(String subnet) {
        JsonNode network = Subnets.of(client, subnet).path("spec").path("nodeNetwork");
        return network.isMissingNode()
                ? Optional.empty()
                : Optional.of(JsonMapper.shared()
                        .readTree(client.nodes()
                                .withName(SimulatedCluster.NODE)
                                .require()
                                .getMetadata()
                                .getAnnotations()
                                .get("ovn.kubernetes.io/node_networks"))
                        .path(network.asString())
                        .asString());
    }

    /**
     * In iproute2's words. The original looks the VF up by name once more here, which takes another VF if the binder gives
     * this one its own name back and another comes home under the old one meanwhile.
     */
    private static String byIndex(String name) {
        return "if"
                + JsonMapper.shared()
                        .readTree(Programs.run("ip", "-j", "link", "show", name))
                        .path(0)
                        .path("ifindex")
                        .asInt();
    }

    /** generateNicName. */
    private static String representor(Request request, String name) {
        String sandbox = request.containerId();
        return name.equals(DEFAULT_INTERFACE)
                ? sandbox.substring(0, 12) + "_h"
                : sandbox.substring(0, 12 - name.length()) + "_" + name + "_h";
    }

    @Override
    public void delete(Request request) {
        detach(request, DEFAULT_INTERFACE);
    }

    void detach(Request request, String name) {
        request.devices().forEach(nic::takeFromMachine);
        releaseVf(request.netns(), name);
        String representor = representor(request, name);
        if (nic.isTaken(representor)) {
            Programs.run("ip", "link", "set", representor, "down");
        }
        ovs.vsctl("--if-exists", "--with-iface", "del-port", "br-int", representor);
    }

    /** Errors inside are only logged, as in the original. */
    private static void releaseVf(String netns, String name) {
        try {
            JsonNode link = JsonMapper.shared()
                    .readTree(Programs.runIn(netns, "ip", "-j", "link", "show", name))
                    .path(0);
            String alias = link.path("ifalias").asString("");
            if (!alias.isEmpty()) {
                Programs.runIn(netns, "ip", "link", "set", name, "down");
                Programs.runIn(netns, "ip", "link", "set", name, "name", alias);
                // here the original "moves" the link by the descriptor of the namespace that it is in
            }
        } catch (IllegalStateException e) {
            LOG.warn("failed to release the VF: {}", e.getMessage());
        }
    }

    private void stripOthers(String ifaceId, String representor) {
        ovs.vsctl("--bare", "--columns=name", "find", "Interface", "external_ids:iface-id=" + ifaceId)
                .lines()
                .filter(name -> !name.isBlank() && !name.equals(representor))
                .forEach(name -> ovs.vsctl("remove", "Interface", name, "external_ids", "iface-id"));
    }

    private void annotate(Pod pod, String prefix, Map<String, String> values) {
        ObjectNode patch = JsonMapper.shared().createObjectNode();
        ObjectNode annotations = patch.putObject("metadata").putObject("annotations");
        values.forEach((name, value) -> annotations.put(prefix + name, value));
        client.pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
    }
}
