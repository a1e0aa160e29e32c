package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Does for a pod what kube-ovn-controller does: allots an address, makes the logical switch port in OVN, then writes the
 * annotations by one patch.
 */
final class KubeOvnController implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KubeOvnController.class);
    private static final String DEFAULT_NETWORK = "v1.multus-cni.io/default-network";

    private final KubernetesClient client;
    private final Ovn ovn;
    private final SharedIndexInformer<Pod> informer;
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private final Set<String> served = ConcurrentHashMap.newKeySet();
    private final AtomicInteger lastAddress = new AtomicInteger(1);
    private final Random random = new Random();

    KubeOvnController(KubernetesClient client, Ovn ovn) {
        this.client = client;
        this.ovn = ovn;
        this.informer = client.pods()
                .inAnyNamespace()
                .inform(new ByUid(
                        pod -> worker.execute(() -> serve(pod)), pod -> {}, pod -> worker.execute(() -> forget(pod))));
    }

    /** Provider of the pod's default network: {@code <nad>.<namespace>.ovn}, computed from the NAD's name. */
    static String provider(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String network = annotations == null ? null : annotations.get(DEFAULT_NETWORK);
        if (network == null) {
            return "ovn";
        }
        String[] parts = network.split("/", 2);
        return parts[1] + "." + parts[0] + ".ovn";
    }

    /** PodNameToPortName. */
    static String portName(Pod pod, String provider) {
        String name = pod.getMetadata().getName() + "." + pod.getMetadata().getNamespace();
        return provider.equals("ovn") ? name : name + "." + provider;
    }

    private void serve(Pod pod) {
        String provider = provider(pod);
        if (provider.equals("ovn") || !served.add(pod.getMetadata().getUid())) {
            return;
        }
        int number = lastAddress.incrementAndGet();
        String ip = "10.16." + number / 256 + "." + number % 256;
        String mac = "%02x:%02x:%02x:%02x:%02x:%02x"
                .formatted(
                        random.nextInt(256) & 0xfc | 0x02,
                        random.nextInt(256),
                        random.nextInt(256),
                        random.nextInt(256),
                        random.nextInt(256),
                        random.nextInt(256));
        ovn.addPort(portName(pod, provider), mac, ip);
        ObjectNode patch = JsonMapper.shared().createObjectNode();
        ObjectNode annotations = patch.putObject("metadata").putObject("annotations");
        Map.of(
                        "allocated", "true",
                        "routed", "true",
                        "ip_address", ip,
                        "mac_address", mac,
                        "cidr", "10.16.0.0/16",
                        "gateway", "10.16.0.1",
                        "logical_switch", "ovn-default",
                        "logical_router", "ovn-cluster",
                        "pod_nic_type", "veth-pair")
                .forEach((key, value) -> annotations.put(provider + ".kubernetes.io/" + key, value));
        try {
            client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
        } catch (KubernetesClientException e) {
            LOG.debug("{} went before it had its address", pod.getMetadata().getName(), e);
        }
        LOG.debug("{} has {} and {}", pod.getMetadata().getName(), ip, mac);
    }

    private void forget(Pod pod) {
        if (served.remove(pod.getMetadata().getUid())) {
            ovn.removePort(portName(pod, provider(pod)));
        }
    }

    @Override
    public void close() {
        informer.stop();
        worker.shutdownNow();
    }
}
