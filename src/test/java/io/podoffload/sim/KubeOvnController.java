package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private static final String NETWORKS = "k8s.v1.cni.cncf.io/networks";
    private static final String DEFAULT_NETWORK = "v1.multus-cni.io/default-network";

    private final KubernetesClient client;
    private final Ovn ovn;
    private final SharedIndexInformer<Pod> informer;
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private final Set<String> served = ConcurrentHashMap.newKeySet();
    private final AtomicInteger lastAddress = new AtomicInteger(1);
    private final Random random = new Random();
    private volatile boolean dualStack;

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

    /** The virtual machine of KubeVirt that the pod runs; the real one knows it by the pod's owner, and writes this annotation. */
    static Optional<String> machine(Pod pod, String provider) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return Optional.ofNullable(
                annotations == null ? null : annotations.get(provider + ".kubernetes.io/virtualmachine"));
    }

    /** PodNameToPortName. */
    static String portName(Pod pod, String provider) {
        String name = machine(pod, provider).orElse(pod.getMetadata().getName()) + "."
                + pod.getMetadata().getNamespace();
        return provider.equals("ovn") ? name : name + "." + provider;
    }

    /** Of its networks that the pod names, the default one first. */
    private static List<String> providers(Pod pod) {
        String provider = provider(pod);
        List<String> providers = new ArrayList<>(provider.equals("ovn") ? List.of() : List.of(provider));
        providers.addAll(otherProviders(pod));
        return providers;
    }

    /** Of all its networks but the default one. */
    static List<String> otherProviders(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String networks = annotations == null ? "" : annotations.getOrDefault(NETWORKS, "");
        return Arrays.stream(networks.split(","))
                .filter(network -> !network.isBlank())
                .map(network -> network.split("/", 2))
                .map(parts -> parts[1] + "." + parts[0] + ".ovn")
                .toList();
    }

    void useDualStack(boolean dual) {
        dualStack = dual;
    }

    private void serve(Pod pod) {
        List<String> providers = providers(pod);
        if (providers.isEmpty() || !served.add(pod.getMetadata().getUid())) {
            return;
        }
        ObjectNode patch = JsonMapper.shared().createObjectNode();
        ObjectNode annotations = patch.putObject("metadata").putObject("annotations");
        providers.forEach(provider -> allot(pod, provider, annotations));
        try {
            client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
        } catch (KubernetesClientException e) {
            LOG.debug("{} went before it had its address", pod.getMetadata().getName(), e);
        }
    }

    private void allot(Pod pod, String provider, ObjectNode annotations) {
        int number = lastAddress.incrementAndGet();
        String ip = "10.16." + number / 256 + "." + number % 256;
        String ipv6 = "fd00:10:16::" + Integer.toHexString(number);
        String mac = "%02x:%02x:%02x:%02x:%02x:%02x"
                .formatted(
                        random.nextInt(256) & 0xfc | 0x02,
                        random.nextInt(256),
                        random.nextInt(256),
                        random.nextInt(256),
                        random.nextInt(256),
                        random.nextInt(256));
        boolean dual = dualStack;
        ovn.addPort(portName(pod, provider), mac, dual ? ip + " " + ipv6 : ip);
        Map.of(
                        "allocated", "true",
                        "routed", "true",
                        "ip_address", dual ? ip + "," + ipv6 : ip,
                        "mac_address", mac,
                        "cidr", dual ? "10.16.0.0/16,fd00:10:16::/112" : "10.16.0.0/16",
                        "gateway", dual ? "10.16.0.1,fd00:10:16::ffff" : "10.16.0.1",
                        "logical_switch", "ovn-default",
                        "logical_router", "ovn-cluster",
                        "pod_nic_type", "veth-pair")
                .forEach((key, value) -> annotations.put(provider + ".kubernetes.io/" + key, value));
        LOG.debug("{} has {} and {}", pod.getMetadata().getName(), ip, mac);
    }

    private void forget(Pod pod) {
        if (served.remove(pod.getMetadata().getUid())) {
            providers(pod).forEach(provider -> ovn.removePort(portName(pod, provider)));
        }
    }

    @Override
    public void close() {
        informer.stop();
        worker.shutdownNow();
    }
}
