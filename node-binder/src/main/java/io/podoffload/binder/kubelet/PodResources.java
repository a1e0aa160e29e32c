package io.podoffload.binder.kubelet;

import io.grpc.StatusRuntimeException;
import io.podoffload.binder.binding.AllocationSource;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.kubelet.v1.ContainerDevices;
import io.podoffload.binder.kubelet.v1.GetPodResourcesResponse;
import io.podoffload.binder.kubelet.v1.ListPodResourcesResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which pod holds which VF, as the kubelet allotted them. A kubelet that restarts is found again at the next call.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/#monitoring-device-plugin-resources">Monitoring device plugin resources</a>
 */
public final class PodResources implements AllocationSource {

    private static final Logger LOG = LoggerFactory.getLogger(PodResources.class);

    private final Kubelet kubelet;
    private final Predicate<String> resources;

    /** Get is on by default since Kubernetes 1.34; before, the kubelet says that it does not know it. */
    private volatile boolean hasGet = true;

    private volatile @Nullable Contents last;

    /** What a List says, which many may share. */
    private record Contents(ListPodResourcesResponse list, Map<PodName, List<PciAddress>> byPod) {}

    /** @param resources names of the extended resources that stand for VFs */
    public PodResources(Kubelet kubelet, Set<String> resources) {
        this(kubelet, Set.copyOf(resources)::contains);
    }

    private PodResources(Kubelet kubelet, Predicate<String> resources) {
        this.kubelet = kubelet;
        this.resources = resources;
    }

    /** Devices of whatever resource, as long as PCI addresses stand for them. */
    public static PodResources ofEveryResource(Kubelet kubelet) {
        return new PodResources(kubelet, any -> true);
    }

    @Override
    public List<PciAddress> of(PodName pod) {
        if (hasGet) {
            try {
                Optional<GetPodResourcesResponse> answer = kubelet.get(pod);
                if (answer.isPresent()) {
                    return vfs(answer.get().getPodResources());
                }
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
        ListPodResourcesResponse list = kubelet.list();
        Contents known = last;
        if (known == null || known.list() != list) {
            known = new Contents(list, byPod(list));
            last = known;
        }
        return known.byPod();
    }

    private Map<PodName, List<PciAddress>> byPod(ListPodResourcesResponse list) {
        Map<PodName, List<PciAddress>> all = new HashMap<>();
        for (var pod : list.getPodResourcesList()) {
            List<PciAddress> vfs = vfs(pod);
            if (!vfs.isEmpty()) {
                all.put(new PodName(pod.getNamespace(), pod.getName()), vfs);
            }
        }
        return Map.copyOf(all);
    }

    private List<PciAddress> vfs(io.podoffload.binder.kubelet.v1.PodResources pod) {
        return vfs(pod.getContainersList().stream()
                        .flatMap(container -> container.getDevicesList().stream())
                        .filter(devices -> resources.test(devices.getResourceName()))
                        .flatMap(devices -> devices.getDeviceIdsList().stream()))
                .toList();
    }

    @Override
    public Offer offer() {
        Map<String, Integer> capacity = new TreeMap<>();
        Set<PciAddress> vfs = new HashSet<>();
        kubelet.allocatable().getDevicesList().stream()
                .filter(devices -> resources.test(devices.getResourceName()))
                .collect(Collectors.groupingBy(
                        ContainerDevices::getResourceName,
                        Collectors.flatMapping(devices -> devices.getDeviceIdsList().stream(), Collectors.toSet())))
                .forEach((resource, ids) -> {
                    capacity.put(resource, ids.size());
                    vfs(ids.stream()).forEach(vfs::add);
                });
        return new Offer(capacity, vfs);
    }

    /** Once each: a device of several NUMA nodes is listed for each of them. */
    private static Stream<PciAddress> vfs(Stream<String> deviceIds) {
        return deviceIds.filter(PciAddress::isPciAddress).map(PciAddress::new).distinct();
    }
}
