package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** What kube-ovn-controller allotted to a pod, as its annotations say. */
record AllottedAddress(
        String provider, String portName, String ip, String mac, String cidr, String gateway, String subnet) {

    /** Waits as kube-ovn-cni does: up to 20 s. */
    static AllottedAddress await(KubernetesClient client, Pod pod) {
        return await(client, pod, KubeOvnController.provider(pod));
    }

    static AllottedAddress await(KubernetesClient client, Pod pod, String provider) {
        String prefix = provider + ".kubernetes.io/";
        Pod annotated = client.pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .waitUntilCondition(
                        now -> now == null || annotations(now).containsKey(prefix + "ip_address"),
                        20,
                        TimeUnit.SECONDS);
        if (annotated == null) {
            throw new IllegalStateException("the pod is gone");
        }
        Map<String, String> values = annotations(annotated);
        return new AllottedAddress(
                provider,
                KubeOvnController.portName(pod, provider),
                Objects.requireNonNull(values.get(prefix + "ip_address")),
                Objects.requireNonNull(values.get(prefix + "mac_address")),
                Objects.requireNonNull(values.get(prefix + "cidr")),
                Objects.requireNonNull(values.get(prefix + "gateway")),
                Objects.requireNonNull(values.get(prefix + "logical_switch")));
    }

    /** {@code 10.16.0.2/16}, and the IPv6 address where there is one. */
    List<String> withPrefixes() {
        String[] ips = ip.split(",");
        String[] cidrs = cidr.split(",");
        return IntStream.range(0, ips.length)
                .mapToObj(index -> ips[index] + cidrs[index].substring(cidrs[index].indexOf('/')))
                .toList();
    }

    /** The first of them, as the pod's status has it. */
    String podIp() {
        return ip.split(",")[0];
    }

    List<String> gateways() {
        return List.of(gateway.split(","));
    }

    private static Map<String, String> annotations(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations == null ? Map.of() : annotations;
    }
}
