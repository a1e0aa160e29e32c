package io.podoffload.binder.kubelet;

import io.grpc.ManagedChannel;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kubelet.v1.AllocatableResourcesRequest;
import io.podoffload.binder.kubelet.v1.ContainerDevices;
import io.podoffload.binder.kubelet.v1.ContainerResources;
import io.podoffload.binder.kubelet.v1.ListPodResourcesRequest;
import io.podoffload.binder.kubelet.v1.PodResourcesListerGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Which pod holds which VF, as the kubelet allotted them.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/#monitoring-device-plugin-resources">Monitoring device plugin resources</a>
 */
public final class PodResources {

    private static final int ANSWER_WITHIN_SECONDS = 10;

    /** The reply names every device of every pod on the node. */
    private static final int LARGEST_REPLY = 16 << 20;

    private final PodResourcesListerGrpc.PodResourcesListerBlockingStub kubelet;
    private final Set<String> resources;

    /** @param resources names of the extended resources that stand for VFs */
    public PodResources(ManagedChannel channel, Set<String> resources) {
        this.kubelet = PodResourcesListerGrpc.newBlockingStub(channel).withMaxInboundMessageSize(LARGEST_REPLY);
        this.resources = Set.copyOf(resources);
    }

    /**
     * One VF in the hands of a pod. The kubelet tells no uid, so a pod of the same name may be meant.
     */
    public record Allotment(PciAddress pci, String namespace, String pod) {}

    public List<Allotment> allotments() {
        List<Allotment> allotments = new ArrayList<>();
        kubelet.withDeadlineAfter(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS)
                .list(ListPodResourcesRequest.getDefaultInstance())
                .getPodResourcesList()
                .forEach(pod -> {
                    for (ContainerResources container : pod.getContainersList()) {
                        for (ContainerDevices devices : container.getDevicesList()) {
                            if (resources.contains(devices.getResourceName())) {
                                devices.getDeviceIdsList().stream()
                                        .filter(PciAddress::isPciAddress)
                                        .map(PciAddress::new)
                                        .map(pci -> new Allotment(pci, pod.getNamespace(), pod.getName()))
                                        .forEach(allotments::add);
                            }
                        }
                    }
                });
        return allotments;
    }

    /** How many devices of each resource the kubelet has for pods, allotted ones included; healthy ones only. */
    public Map<String, Integer> allocatable() {
        Map<String, Integer> counts = new TreeMap<>();
        kubelet
                .withDeadlineAfter(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS)
                .getAllocatableResources(AllocatableResourcesRequest.getDefaultInstance())
                .getDevicesList()
                .stream()
                .filter(devices -> resources.contains(devices.getResourceName()))
                .forEach(devices -> counts.merge(devices.getResourceName(), devices.getDeviceIdsCount(), Integer::sum));
        return counts;
    }
}
