package io.podoffload.cluster;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Does for pods and Subnets what kube-ovn-controller 1.17 was seen to do: a Subnet becomes a logical switch at the router of its
 * VPC; a pod whose default network Multus takes from a NetworkAttachmentDefinition gets an address of the Subnet with that
 * provider, an IP object, a logical switch port, and annotations. {@code KubeOvnController NB-SOCKET}; stays until it is ended.
 */
public final class KubeOvnController {

    private static final Logger LOG = LoggerFactory.getLogger(KubeOvnController.class);
    private static final String DEFAULT_NETWORK = "v1.multus-cni.io/default-network";

    private final KubernetesClient client;
    private final LogicalNetwork network;
    private final SharedIndexInformer<GenericKubernetesResource> subnets;
    private final SharedIndexInformer<Pod> pods;
    private final MixedOperation<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            ips;
    private final ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor();
    private final Map<String, AddressPool> pools = new HashMap<>(); // by name of the Subnet

    private KubeOvnController(KubernetesClient client, LogicalNetwork network) {
        this.client = client;
        this.network = network;
        ips = client.genericKubernetesResources(KubeOvnKinds.IP);
        subnets = client.genericKubernetesResources(KubeOvnKinds.SUBNET).inform();
        pods = client.pods().inAnyNamespace().inform();
    }

    public static void main(String... arguments) throws Exception {
        LogicalNetwork network = new LogicalNetwork(Path.of(arguments[0]));
        network.createRouter();
        try (KubernetesClient client = new KubernetesClientBuilder().build()) {
            KubeOvnController controller = new KubeOvnController(client, network);
            controller.follow();
            Files.writeString(Path.of("/run/cluster/controller-is-ready"), "");
            new CountDownLatch(1).await(); // until the process is ended
        }
    }

    /** Does it now, in the one worker's turn; what fails is done again later, and holds nothing else up. */
    private void enqueue(Runnable task) {
        worker.execute(() -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.warn("trying again", e);
                worker.schedule(() -> enqueue(task), 500, TimeUnit.MILLISECONDS);
            }
        });
    }

    /** Also releases the addresses of pods that were deleted while no controller ran. */
    private void follow() {
        subnets.addEventHandler(new Changes<>(
                subnet -> enqueue(() -> serveSubnet(subnet.getMetadata().getName()))));
        pods.addEventHandler(new Changes<>(pod -> enqueue(() -> servePod(pod))));
        ips.list().getItems().forEach(ip -> enqueue(() -> releaseWithoutPod(ip)));
    }

    /** Asks for the pod at each try: by then another one of its name may have this address. */
    private void releaseWithoutPod(GenericKubernetesResource ip) {
        if (pods.getStore().getByKey(ip.get("spec", "namespace") + "/" + ip.get("spec", "podName")) == null) {
            release(ip.getMetadata().getName());
        }
    }

    /** Each change of an object, its deletion included. */
    private record Changes<T>(java.util.function.Consumer<T> reconcile) implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T object) {
            reconcile.accept(object);
        }

        @Override
        public void onUpdate(T before, T object) {
            reconcile.accept(object);
        }

        @Override
        public void onDelete(T object, boolean finalStateUnknown) {
            reconcile.accept(object);
        }
    }

    private void serveSubnet(String name) {
        GenericKubernetesResource subnet = subnets.getStore().getByKey(name);
        if (subnet == null) {
            pools.remove(name);
            network.removeSwitch(name);
            return;
        }
        String cidr = subnet.get("spec", "cidrBlock");
        if (!pools.containsKey(name)) {
            AddressPool pool = new AddressPool(cidr);
            ips.list().getItems().stream()
                    .filter(ip -> name.equals(ip.<String>get("spec", "subnet")))
                    .forEach(ip -> pool.reserve(ip.<String>get("spec", "ipAddress")));
            pools.put(name, pool);
        }
        boolean loadBalanced = !Boolean.FALSE.equals(subnet.get("spec", "enableLb"));
        network.createSwitch(name, pools.get(name).gatewayWithPrefix(), cidr);
        network.balanceLoad(name, loadBalanced);
        if (subnet.get("spec", "gateway") == null || subnet.get("spec", "enableLb") == null) {
            ObjectNode patch = JsonMapper.shared().createObjectNode();
            patch.putObject("spec")
                    .put("gateway", pools.get(name).gateway())
                    .put("gatewayType", "distributed")
                    .put("enableLb", loadBalanced);
            subnetResource(name).patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
        }
        pods.getStore().list().forEach(pod -> enqueue(() -> servePod(pod)));
    }

    private Resource<GenericKubernetesResource> subnetResource(String name) {
        return client.genericKubernetesResources(KubeOvnKinds.SUBNET).withName(name);
    }

    private void servePod(Pod seen) {
        String namespace = seen.getMetadata().getNamespace();
        String name = seen.getMetadata().getName();
        Pod pod = pods.getStore().getByKey(namespace + "/" + name);
        Optional<String> provider = provider(seen);
        if (provider.isEmpty() || Boolean.TRUE.equals(seen.getSpec().getHostNetwork())) {
            return;
        }
        String port = name + "." + namespace + "." + provider.get();
        boolean over = pod == null || "Succeeded".equals(phase(pod)) || "Failed".equals(phase(pod));
        if (over) {
            release(port);
        } else if (!annotations(pod).containsKey(provider.get() + ".kubernetes.io/routed")
                && pod.getSpec().getNodeName() != null) {
            allot(pod, provider.get(), port);
        }
    }

    private static String phase(Pod pod) {
        return pod.getStatus() == null ? "" : String.valueOf(pod.getStatus().getPhase());
    }

    /** Provider of the pod's default network, from the name of the NetworkAttachmentDefinition; none if the pod names none. */
    private static Optional<String> provider(Pod pod) {
        return Optional.ofNullable(annotations(pod).get(DEFAULT_NETWORK)).map(network -> {
            String[] parts = network.contains("/")
                    ? network.split("/", 2)
                    : new String[] {pod.getMetadata().getNamespace(), network};
            return parts[1] + "." + parts[0] + ".ovn";
        });
    }

    private void allot(Pod pod, String provider, String port) {
        Optional<GenericKubernetesResource> subnet = subnets.getStore().list().stream()
                .filter(candidate -> provider.equals(candidate.<String>get("spec", "provider")))
                .min(Comparator.comparing(candidate -> candidate.getMetadata().getName()));
        if (subnet.isEmpty()) {
            LOG.warn("provider {} is not bound to any subnet", provider);
            return;
        }
        String switchName = subnet.get().getMetadata().getName();
        AddressPool pool = pools.get(switchName);
        if (pool == null) {
            return; // when its Subnet has been served, this pod is served again
        }
        Resource<GenericKubernetesResource> object = ips.withName(port);
        GenericKubernetesResource kept = object.get();
        String ip = kept == null ? pool.allot() : kept.<String>get("spec", "ipAddress");
        String mac = kept == null ? AddressPool.mac() : kept.<String>get("spec", "macAddress");
        String node = pod.getSpec().getNodeName();
        if (kept == null) {
            object.create(new GenericKubernetesResourceBuilder()
                    .withApiVersion("kubeovn.io/v1")
                    .withKind("IP")
                    .withNewMetadata()
                    .withName(port)
                    .addToLabels("ovn.kubernetes.io/subnet", switchName)
                    .endMetadata()
                    .addToAdditionalProperties(
                            "spec",
                            Map.of(
                                    "podName", pod.getMetadata().getName(),
                                    "namespace", pod.getMetadata().getNamespace(),
                                    "subnet", switchName,
                                    "ipAddress", ip,
                                    "v4IpAddress", ip,
                                    "macAddress", mac,
                                    "nodeName", node))
                    .build());
        }
        network.createPort(switchName, port, mac, ip, node);
        ObjectNode patch = JsonMapper.shared().createObjectNode();
        ObjectNode annotations = patch.putObject("metadata").putObject("annotations");
        Map.of(
                        "allocated",
                        "true",
                        "routed",
                        "true",
                        "ip_address",
                        ip,
                        "mac_address",
                        mac,
                        "cidr",
                        pool.cidr(),
                        "gateway",
                        pool.gateway(),
                        "logical_switch",
                        switchName,
                        "logical_router",
                        LogicalNetwork.ROUTER,
                        "pod_nic_type",
                        "veth-pair")
                .forEach((key, value) -> annotations.put(provider + ".kubernetes.io/" + key, value));
        try {
            client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    private void release(String port) {
        GenericKubernetesResource ip = ips.withName(port).get();
        if (ip != null) {
            network.removePort(port, ip.<String>get("spec", "ipAddress"), ip.<String>get("spec", "nodeName"));
            ips.withName(port).delete();
            AddressPool pool = pools.get(ip.<String>get("spec", "subnet"));
            if (pool != null) {
                pool.release(ip.<String>get("spec", "ipAddress"));
            }
        }
    }

    private static Map<String, String> annotations(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations == null ? Map.of() : annotations;
    }
}
