package io.podoffload.binder.kubelet;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.podoffload.binder.binding.AllocationSource;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.kubelet.v1.AllocatableResourcesRequest;
import io.podoffload.binder.kubelet.v1.GetPodResourcesRequest;
import io.podoffload.binder.kubelet.v1.ListPodResourcesRequest;
import io.podoffload.binder.kubelet.v1.PodResourcesListerGrpc;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which pod holds which VF, as the kubelet allotted them. A kubelet that restarts is found again at the next call.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/#monitoring-device-plugin-resources">Monitoring device plugin resources</a>
 */
public final class PodResources implements AllocationSource {

    private static final Logger LOG = LoggerFactory.getLogger(PodResources.class);
    private static final int ANSWER_WITHIN_SECONDS = 10;

    /** The reply names every device of every pod on the node. */
    private static final int LARGEST_REPLY = 16 << 20;

    private final ManagedChannel channel;
    private final PodResourcesListerGrpc.PodResourcesListerBlockingStub kubelet;
    private final Predicate<String> resources;

    /** Get is on by default since Kubernetes 1.34; before, the kubelet says that it does not know it. */
    private volatile boolean hasGet = true;

    /** @param resources names of the extended resources that stand for VFs */
    public PodResources(ManagedChannel channel, Set<String> resources) {
        this(channel, Set.copyOf(resources)::contains);
    }

    private PodResources(ManagedChannel channel, Predicate<String> resources) {
        this.channel = channel;
        this.kubelet = PodResourcesListerGrpc.newBlockingStub(channel).withMaxInboundMessageSize(LARGEST_REPLY);
        this.resources = resources;
    }

    /** Devices of whatever resource, as long as PCI addresses stand for them. */
    public static PodResources ofEveryResource(ManagedChannel channel) {
        return new PodResources(channel, any -> true);
    }

    @Override
    public List<PciAddress> of(PodName pod) {
        if (hasGet) {
            try {
                return vfs(call(stub -> stub.get(GetPodResourcesRequest.newBuilder()
                                .setPodName(pod.name())
                                .setPodNamespace(pod.namespace())
                                .build()))
                        .getPodResources());
            } catch (StatusRuntimeException e) {
                switch (e.getStatus().getCode()) {
                    case UNIMPLEMENTED -> {
                        hasGet = false;
                        LOG.info("this kubelet has no PodResources Get, so List is used");
                    }
                    case NOT_FOUND -> {
                        return List.of();
                    }
                    case UNKNOWN -> {
                        // a kubelet of 1.27 to 1.33 says so that the feature is off, a later one that it has no such
                        // pod
                        LOG.debug("PodResources Get of {}", pod, e);
                        if (String.valueOf(e.getStatus().getDescription()).contains("disabled")) {
                            hasGet = false;
                        }
                    }
                    default -> throw e;
                }
            }
        }
        return all().getOrDefault(pod, List.of());
    }

    @Override
    public Map<PodName, List<PciAddress>> all() {
        Map<PodName, List<PciAddress>> all = new HashMap<>();
        for (var pod : call(stub -> stub.list(ListPodResourcesRequest.getDefaultInstance()))
                .getPodResourcesList()) {
            List<PciAddress> vfs = vfs(pod);
            if (!vfs.isEmpty()) {
                all.put(new PodName(pod.getNamespace(), pod.getName()), vfs);
            }
        }
        return all;
    }

    private List<PciAddress> vfs(io.podoffload.binder.kubelet.v1.PodResources pod) {
        return pod.getContainersList().stream()
                .flatMap(container -> container.getDevicesList().stream())
                .filter(devices -> resources.test(devices.getResourceName()))
                .flatMap(devices -> devices.getDeviceIdsList().stream())
                .filter(PciAddress::isPciAddress)
                .map(PciAddress::new)
                .toList();
    }

    /** Healthy devices only. */
    @Override
    public Map<String, Integer> capacity() {
        Map<String, Integer> counts = new TreeMap<>();
        call(stub -> stub.getAllocatableResources(AllocatableResourcesRequest.getDefaultInstance()))
                .getDevicesList()
                .stream()
                .filter(devices -> resources.test(devices.getResourceName()))
                .forEach(devices -> counts.merge(devices.getResourceName(), devices.getDeviceIdsCount(), Integer::sum));
        return counts;
    }

    private <T> T call(Function<PodResourcesListerGrpc.PodResourcesListerBlockingStub, T> method) {
        try {
            return method.apply(kubelet.withDeadlineAfter(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.UNAVAILABLE) {
                channel.resetConnectBackoff(); // or gRPC would wait for up to two minutes; the caller comes back sooner
            }
            throw e;
        }
    }
}
