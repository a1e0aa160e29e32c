package io.podoffload.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedNic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Does on a node what kube-ovn-cni 1.17 was seen to do when its plugin asks: for a VF, a port of its representor, and the VF as
 * the pod's interface; without a VF, a veth pair. At DEL it leaves undone what the original leaves undone: the VF keeps its MTU
 * and MAC, and leaves the pod only when the namespace dies.
 *
 * <p>A veth has no admin MAC, so the step that sets it through the PF is left out.
 */
final class KubeOvnDaemon {

    private static final Logger LOG = LoggerFactory.getLogger(KubeOvnDaemon.class);
    private static final String MTU = "1400";
    private static final int ADDRESS_WITHIN_SECONDS = 20;

    private final KubernetesClient client;
    private final SimulatedNic nic;
    private final Path socket;

    KubeOvnDaemon(KubernetesClient client, SimulatedNic nic, Path socket) {
        this.client = client;
        this.nic = nic;
        this.socket = socket;
    }

    void serve() throws IOException {
        HttpOverUnix.serve(socket, this::answer);
    }

    private HttpOverUnix.Answer answer(String path, String body) {
        CniRequest request = CniRequest.of(JsonMapper.shared().readTree(body));
        try {
            if (path.endsWith("/add")) {
                return new HttpOverUnix.Answer(200, add(request).toString());
            }
            delete(request);
            return new HttpOverUnix.Answer(204, "");
        } catch (RuntimeException e) {
            LOG.warn("{} of {}/{}: {}", path, request.namespace(), request.pod(), e.getMessage(), e);
            return new HttpOverUnix.Answer(
                    500,
                    JsonMapper.shared()
                            .createObjectNode()
                            .put("error", String.valueOf(e.getMessage()))
                            .toString());
        }
    }

    /** What the controller wrote into the pod's annotations for a network. */
    private record Address(List<String> ips, List<String> cidrs, List<String> gateways, String mac) {

        List<String> withPrefixes() {
            List<String> addresses = new ArrayList<>();
            for (int index = 0; index < ips.size(); index++) {
                String cidr = cidrs.get(index);
                addresses.add(ips.get(index) + cidr.substring(cidr.indexOf('/')));
            }
            return addresses;
        }
    }

    private Address address(CniRequest request) {
        String prefix = request.provider() + ".kubernetes.io/";
        Pod pod = client.pods()
                .inNamespace(request.namespace())
                .withName(request.pod())
                .waitUntilCondition(
                        now -> now == null || annotations(now).containsKey(prefix + "routed"),
                        ADDRESS_WITHIN_SECONDS,
                        TimeUnit.SECONDS);
        if (pod == null) {
            throw new IllegalStateException("pod " + request.namespace() + "/" + request.pod() + " is not found");
        }
        Map<String, String> values = annotations(pod);
        return new Address(
                List.of(values.getOrDefault(prefix + "ip_address", "").split(",")),
                List.of(values.getOrDefault(prefix + "cidr", "").split(",")),
                List.of(values.getOrDefault(prefix + "gateway", "").split(",")),
                values.getOrDefault(prefix + "mac_address", ""));
    }

    private ObjectNode add(CniRequest request) {
        Address address = address(request);
        String host = request.hostInterface();
        String inPod = request.interfaceName();
        if (request.device().isEmpty()) {
            Programs.run("ip", "link", "add", host, "type", "veth", "peer", "name", inPod, "netns", request.netns());
            Programs.runIn(request.netns(), "ethtool", "-K", inPod, "tx", "off");
            port(request, host, address);
            Programs.run("ip", "link", "set", host, "up");
        } else {
            bindVf(request, address);
        }
        String netns = request.netns();
        Programs.runIn(netns, "ip", "link", "set", inPod, "address", address.mac(), "mtu", MTU);
        Programs.runIn(netns, "ip", "link", "set", inPod, "up");
        address.withPrefixes().forEach(ip -> Programs.runIn(netns, "ip", "address", "add", ip, "dev", inPod));
        if (inPod.equals("eth0")) {
            address.gateways()
                    .forEach(gateway -> Programs.runIn(netns, "ip", "route", "add", "default", "via", gateway));
        }
        return answer(address);
    }

    private void bindVf(CniRequest request, Address address) {
        PciAddress device = new PciAddress(request.device());
        String vf = nic.netdev(device);
        String representor = request.hostInterface();
        String before = nic.representor(device);
        Programs.run("ip", "link", "set", before, "down");
        Programs.run("ip", "link", "set", before, "name", representor);
        port(request, representor, address);
        annotate(request, Map.of("vf_representor", representor, "vf", vf, "pod_nic_type", "sriov"));
        Programs.run("ip", "link", "set", representor, "mtu", MTU);
        Programs.run("ip", "link", "set", representor, "up", "txqueuelen", "1000");
        OvsDatabase.vsctl("wait-until", "Interface", representor, "external_ids:ovn-installed=true");
        Programs.run("ip", "link", "set", vf, "alias", vf);
        Programs.run("ip", "link", "set", vf, "netns", request.netns(), "name", request.interfaceName());
    }

    /** A row of the node's end; another row with this iface-id loses it. */
    private static void port(CniRequest request, String host, Address address) {
        OvsDatabase.vsctl(
                        "--bare", "--columns=name", "find", "Interface", "external_ids:iface-id=" + request.portName())
                .lines()
                .filter(name -> !name.isBlank() && !name.equals(host))
                .forEach(name -> OvsDatabase.vsctl("remove", "Interface", name, "external_ids", "iface-id"));
        OvsDatabase.vsctl(
                "--may-exist",
                "add-port",
                "br-int",
                host,
                "--",
                "set",
                "interface",
                host,
                "external_ids:iface-id=" + request.portName(),
                "external_ids:vendor=kube-ovn",
                "external_ids:pod_name=" + request.pod(),
                "external_ids:pod_namespace=" + request.namespace(),
                "external_ids:pod_netns=" + request.netns(),
                "external_ids:ip=\"" + String.join(",", address.ips()) + "\"");
    }

    private static ObjectNode answer(Address address) {
        ObjectNode answer = JsonMapper.shared().createObjectNode();
        ArrayNode ips = answer.putArray("ips");
        for (int index = 0; index < address.ips().size(); index++) {
            String ip = address.ips().get(index);
            ips.addObject()
                    .put("protocol", ip.contains(":") ? "IPv6" : "IPv4")
                    .put("ip", ip)
                    .put("cidr", address.cidrs().get(index))
                    .put("gateway", address.gateways().get(index));
        }
        return answer.put("mac_address", address.mac()).put("mtu", Integer.parseInt(MTU));
    }

    private void delete(CniRequest request) {
        String host = request.hostInterface();
        if (request.netns().isEmpty() || !Files.exists(Path.of(request.netns()))) {
            return; // as the original: without a namespace it does nothing
        }
        if (!request.device().isEmpty()) {
            renameInPod(request);
        }
        if (nic.isTaken(host)) {
            Programs.run("ip", "link", "set", host, "down");
        }
        OvsDatabase.vsctl("--if-exists", "--with-iface", "del-port", "br-int", host);
        if (request.device().isEmpty() && nic.isTaken(host)) {
            Programs.run("ip", "link", "del", host);
        }
    }

    /** Errors inside are only logged, as in the original. */
    private static void renameInPod(CniRequest request) {
        try {
            JsonNode link = JsonMapper.shared()
                    .readTree(Programs.runIn(request.netns(), "ip", "-j", "link", "show", request.interfaceName()))
                    .path(0);
            String alias = link.path("ifalias").asString("");
            if (!alias.isEmpty()) {
                Programs.runIn(request.netns(), "ip", "link", "set", request.interfaceName(), "down");
                Programs.runIn(request.netns(), "ip", "link", "set", request.interfaceName(), "name", alias);
                // here the original "moves" the link by the descriptor of the namespace that it is in
            }
        } catch (IllegalStateException e) {
            LOG.warn("failed to release the VF of {}/{}: {}", request.namespace(), request.pod(), e.getMessage());
        }
    }

    private void annotate(CniRequest request, Map<String, String> values) {
        ObjectNode patch = JsonMapper.shared().createObjectNode();
        ObjectNode annotations = patch.putObject("metadata").putObject("annotations");
        values.forEach((name, value) -> annotations.put(request.provider() + ".kubernetes.io/" + name, value));
        client.pods()
                .inNamespace(request.namespace())
                .withName(request.pod())
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
    }

    private static Map<String, String> annotations(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations == null ? Map.of() : annotations;
    }
}
