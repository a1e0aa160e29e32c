package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.PodCondition;
import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodNetwork;
import io.podoffload.binder.binding.PodNetwork.DefaultRoute;
import io.podoffload.binder.binding.PodRef;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A pod as the binder sees it: what Multus and Kube-OVN wrote into its annotations. */
public final class PodView {

    private final WatchedPod pod;
    private final Map<String, String> annotations;

    public PodView(WatchedPod pod) {
        this.pod = pod;
        @Nullable Map<String, String> map = pod.getMetadata().getAnnotations();
        this.annotations = map == null ? Map.of() : map;
    }

    /** The node that it is on, if one has it yet. */
    public Optional<String> node() {
        return Optional.ofNullable(pod.getSpec()).map(WatchedPod.Spec::nodeName);
    }

    public PodRef ref() {
        return new PodRef(
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                pod.getMetadata().getUid());
    }

    /** When it was created, as the API server writes times, so that later ones sort after earlier ones. */
    public String createdAt() {
        return String.valueOf(pod.getMetadata().getCreationTimestamp());
    }

    /** Whether it is being deleted. */
    boolean isEnding() {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    /** A finished pod owns nothing, whatever the kubelet still lists. */
    public boolean finished() {
        String phase =
                pod.getStatus() == null ? "" : String.valueOf(pod.getStatus().phase());
        return phase.equals("Succeeded") || phase.equals("Failed");
    }

    /** How the pod ended, for a person; empty while it has not. */
    public Optional<String> end() {
        if (!finished()) {
            return Optional.empty();
        }
        WatchedPod.Status status = Objects.requireNonNull(pod.getStatus());
        return Optional.of(Stream.of(status.phase(), status.reason(), status.message())
                .filter(Objects::nonNull)
                .filter(text -> !text.isBlank())
                .collect(Collectors.joining(": ")));
    }

    /**
     * Whether it mirrors a static pod, whose sandbox the runtime knows by a uid of the kubelet's making.
     *
     * @see <a href="https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/">static Pods</a>
     */
    public boolean isStatic() {
        return annotations.containsKey("kubernetes.io/config.mirror");
    }

    public boolean isOnHostNetwork() {
        return pod.getSpec() != null && Boolean.TRUE.equals(pod.getSpec().hostNetwork());
    }

    /** Whether a container asks for any of these extended resources. */
    public boolean requestsAnyOf(Set<String> resources) {
        return pod.getSpec() != null
                && Stream.concat(
                                stream(pod.getSpec().containers()),
                                stream(pod.getSpec().initContainers()))
                        .flatMap(container -> Stream.ofNullable(container.resources()))
                        .flatMap(wanted -> Stream.ofNullable(wanted.requests()))
                        .anyMatch(requests -> requests.keySet().stream().anyMatch(resources::contains));
    }

    /** Whether it carries the label that opts in. */
    public boolean optsIn() {
        @Nullable Map<String, String> labels = pod.getMetadata().getLabels();
        return labels != null && "true".equals(labels.get(Annotations.ENABLED));
    }

    /** Whether its readiness waits for the condition {@code pod-offload.io/bound}. */
    public boolean waitsForBinding() {
        return pod.getSpec() != null
                && stream(pod.getSpec().readinessGates())
                        .anyMatch(gate -> BindingReporter.CONDITION.equals(gate.conditionType()));
    }

    /** The value of the annotation that pauses what is done for it. */
    Optional<String> paused() {
        return Pause.of(pod);
    }

    public boolean namesDefaultNetwork() {
        return annotations.containsKey(Annotations.DEFAULT_NETWORK);
    }

    /** The pod's condition of this type. */
    public Optional<PodCondition> condition(String type) {
        return pod.getStatus() == null
                ? Optional.empty()
                : stream(pod.getStatus().conditions())
                        .filter(condition -> type.equals(condition.getType()))
                        .findFirst();
    }

    private static <T> Stream<T> stream(@Nullable List<T> list) {
        return list == null ? Stream.empty() : list.stream();
    }

    /** The provider of the pod's default network, {@code <nad>.<namespace>.ovn}, if the pod names one. */
    public Optional<String> defaultProvider() {
        return NetworkList.read(annotations, Annotations.DEFAULT_NETWORK, ref().namespace()).stream()
                .findFirst()
                .map(NetworkList.Network::provider);
    }

    /** The providers of its networks that Kube-OVN serves, the default one first. */
    public List<String> servedProviders() {
        return Stream.concat(
                        defaultProvider().stream(),
                        NetworkList.read(annotations, Annotations.NETWORKS, ref().namespace()).stream()
                                .map(NetworkList.Network::provider))
                .distinct()
                .filter(provider -> new KubeOvnAnnotations(annotations, provider).isAllocated())
                .toList();
    }

    /** The provider of the network for which a CNI reported an interface on this VF. */
    public Optional<String> reportedProvider(PciAddress pci) {
        return NetworkList.ofDevice(annotations.get(Annotations.NETWORK_STATUS), pci)
                .map(NetworkList.Network::provider);
    }

    /** Whether a CNI reported an interface with this VF. */
    public boolean reportsInterfaceOn(PciAddress pci) {
        return reportedProvider(pci).isPresent();
    }

    /** The virtual machine that KubeVirt runs in it, if it does. */
    public Optional<String> virtualMachine(String provider) {
        return new KubeOvnAnnotations(annotations, provider).virtualMachine();
    }

    /** Name of the OVN logical switch port: kube-ovn's PodNameToPortName, which takes the name of a virtual machine for its pod's. */
    public String ifaceId(String provider) {
        PodRef ref = ref();
        String port = virtualMachine(provider).orElse(ref.name()) + "." + ref.namespace();
        return provider.equals("ovn") ? port : port + "." + provider;
    }

    /**
     * What Kube-OVN allotted for {@code provider}; empty while it has not.
     *
     * @throws UnreadableAnnotation if Kube-OVN would not have written it
     */
    public Optional<PodNetwork> network(String provider) {
        KubeOvnAnnotations network = new KubeOvnAnnotations(annotations, provider);
        if (!network.isAllocated()) {
            return Optional.empty();
        }
        List<InterfaceAddress> addresses = network.addresses();
        KubeOvnAnnotations.Routes routes = network.routes();
        return Optional.of(new PodNetwork(
                ifaceId(provider),
                network.mac(),
                addresses,
                network.gateways(addresses),
                routes.usable(),
                routes.unusable(),
                network.mtu(),
                network.isOverlay(),
                network.defaultRoute()
                        .map(wanted -> wanted ? DefaultRoute.YES : DefaultRoute.NO)
                        .orElse(DefaultRoute.IF_NONE)));
    }

    /** The Subnet that Kube-OVN took the pod's address of. */
    public Optional<String> subnet(String provider) {
        return new KubeOvnAnnotations(annotations, provider).subnet();
    }

    /** The ProviderNetwork, of an underlay network. */
    public Optional<String> providerNetwork(String provider) {
        return new KubeOvnAnnotations(annotations, provider).providerNetwork();
    }

    /** The interface name that the pod asks for; one that the kernel would refuse is ignored. */
    public Optional<String> interfaceName() {
        return Optional.ofNullable(annotations.get(Annotations.INTERFACE)).filter(Link::isName);
    }
}
