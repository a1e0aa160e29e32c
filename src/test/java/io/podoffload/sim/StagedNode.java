package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.NetworkNamespace;
import io.podoffload.binder.kubelet.v1.AllocatableResourcesRequest;
import io.podoffload.binder.kubelet.v1.AllocatableResourcesResponse;
import io.podoffload.binder.kubelet.v1.ContainerDevices;
import io.podoffload.binder.kubelet.v1.ContainerResources;
import io.podoffload.binder.kubelet.v1.GetPodResourcesRequest;
import io.podoffload.binder.kubelet.v1.GetPodResourcesResponse;
import io.podoffload.binder.kubelet.v1.ListPodResourcesRequest;
import io.podoffload.binder.kubelet.v1.ListPodResourcesResponse;
import io.podoffload.binder.kubelet.v1.PodResources;
import io.podoffload.binder.kubelet.v1.PodResourcesListerGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;

/**
 * A node on which everything that surrounds a binding is done beforehand, so that only the binding is measured: a pod has its
 * address, its logical port, its namespace; then its sandbox runs, or is gone, from one moment to the next.
 */
public final class StagedNode implements AutoCloseable {

    public static final String NODE = "bench";
    private static final String INTERFACE = "pod-offload.io/interface";
    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final Path directory = Path.of("/run/bench");
    private final ApiServer api;
    private final OpenVSwitch ovs;
    private final Ovn ovn;
    private final Nic nic;
    private final Map<String, String> annotations;
    private final SimulatedRuntime runtime;
    private final Map<String, PodResources> allotments = new ConcurrentHashMap<>();

    /** @param vfs of its made-up NIC */
    public StagedNode(int vfs) {
        this(OpenVSwitch.Datapath.USERSPACE, sysfs -> new SimulatedNic(sysfs, vfs), Map.of(INTERFACE, "net1"));
    }

    /**
     * @param nic given a folder where it can make a sysfs
     * @param annotations of its pods, beside those of the network
     */
    public <T extends Nic & AutoCloseable> StagedNode(
            OpenVSwitch.Datapath datapath, Function<Path, T> nic, Map<String, String> annotations) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.annotations = Map.copyOf(annotations);
        api = started(new ApiServer());
        ClusterObjects.create(api.client(), NODE, "default", "pod-offload");
        ovs = started(new OpenVSwitch(directory.resolve("ovs"), datapath));
        ovn = started(new Ovn(ovs, NODE));
        this.nic = started(nic.apply(directory.resolve("sys")));
        runtime = started(new SimulatedRuntime(directory, directory.resolve("cri.sock"), this.nic));
        started(new UnixServer(directory.resolve("kubelet.sock"), new Lister()));
    }

    private <T extends AutoCloseable> T started(T part) {
        parts.push(part);
        return part;
    }

    /**
     * One pod to be.
     *
     * @param vf name of its VF at home
     * @param representor name of its representor
     */
    public record Staged(
            Pod pod,
            PciAddress pci,
            String vf,
            String representor,
            String netns,
            String ip,
            String mac,
            String ifaceId) {}

    public OpenVSwitch ovs() {
        return ovs;
    }

    public Nic nic() {
        return nic;
    }

    public Ovn ovn() {
        return ovn;
    }

    public KubernetesClient client() {
        return api.client();
    }

    /**
     * The next pod for a VF, with everything but its allotment and its sandbox. Pods of one VF bear the same name, so that
     * their logical switch port stays: ovn-controller 23.03 ends by a signal when many of them go at once.
     */
    public Staged stage(int vf) {
        String name = "p" + vf;
        String ip = "10.16." + (vf / 200 + 1) + "." + (vf % 200 + 1);
        String mac = "02:00:00:00:%02x:%02x".formatted(vf / 256, vf % 256);
        String ifaceId = name + ".default.default.default.ovn";
        ovn.addPort(ifaceId, mac, ip);
        String netns = "/var/run/netns/" + name;
        Programs.run("ip", "netns", "add", name);
        String prefix = "default.default.ovn.kubernetes.io/";
        Pod pod = api.client()
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace("default")
                        .addToAnnotations("v1.multus-cni.io/default-network", "default/default")
                        .addToAnnotations(annotations)
                        .addToAnnotations(prefix + "allocated", "true")
                        .addToAnnotations(prefix + "ip_address", ip)
                        .addToAnnotations(prefix + "mac_address", mac)
                        .addToAnnotations(prefix + "cidr", "10.16.0.0/16")
                        .addToAnnotations(prefix + "gateway", "10.16.0.1")
                        .addToAnnotations(prefix + "default_route", "false")
                        .endMetadata()
                        .withNewSpec()
                        .withNodeName(NODE)
                        .addNewContainer()
                        .withName("c")
                        .withImage("c")
                        .withNewResources()
                        .addToRequests(RESOURCE, new Quantity("1"))
                        .endResources()
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        Nic.Vf is =
                Objects.requireNonNull(nic.inventory().get(nic.pciAddresses().get(vf)));
        return new Staged(pod, is.pci(), is.name(), is.representor(), netns, ip, mac, ifaceId);
    }

    /** A pod of this node that has nothing to do with VFs. */
    public void createPlainPod(String name) {
        createPlainPod(name, Map.of());
    }

    /** The same, with annotations. */
    public void createPlainPod(String name, Map<String, String> itsAnnotations) {
        Pod pod = api.client()
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace("default")
                        .withAnnotations(itsAnnotations)
                        .endMetadata()
                        .withNewSpec()
                        .withNodeName(NODE)
                        .addNewContainer()
                        .withName("c")
                        .withImage("c")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        runtime.list(pod, name + "0000000000000000", "/var/run/netns/none", true);
    }

    /** Edits annotations of a pod. */
    public void annotate(Pod pod, Map<String, String> changed) {
        api.client()
                .pods()
                .inNamespace("default")
                .withName(pod.getMetadata().getName())
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        JsonMapper.shared().writeValueAsString(Map.of("metadata", Map.of("annotations", changed))));
    }

    /** From now on the VF is allotted and the sandbox READY. */
    public void run(Staged staged) {
        allotments.put(
                staged.pod().getMetadata().getName(),
                PodResources.newBuilder()
                        .setName(staged.pod().getMetadata().getName())
                        .setNamespace("default")
                        .addContainers(ContainerResources.newBuilder()
                                .setName("c")
                                .addDevices(ContainerDevices.newBuilder()
                                        .setResourceName(RESOURCE)
                                        .addDeviceIds(staged.pci().value())))
                        .build());
        runtime.list(staged.pod(), sandbox(staged), staged.netns(), true);
    }

    private static String sandbox(Staged staged) {
        return staged.pod().getMetadata().getUid().replace("-", "") + "00000000";
    }

    /** The pod's object and allotment go; its sandbox still runs, so that nothing may be released. */
    public void forget(Staged staged) {
        api.client().resource(staged.pod()).withGracePeriod(0).delete();
        allotments.remove(staged.pod().getMetadata().getName());
    }

    /** The VF leaves the pod as the kernel gives it back: under the pod's name for it, down. */
    public String bringHome(Staged staged) {
        String shown = "back" + staged.pci().value().substring(8).replaceAll("\\W", "");
        try (NetworkNamespace pod = NetworkNamespace.open(staged.netns());
                NetworkNamespace host = NetworkNamespace.open("/proc/self/ns/net");
                Links inside = pod.links()) {
            Link link = inside.named("net1").orElseThrow();
            inside.setDown(link);
            inside.move(link, host, shown, link.mtu(), link.mac());
        }
        return shown;
    }

    /** The runtime's stream of events ends and begins again, after which whoever follows it looks at everything. */
    public void cutRuntimeEvents() {
        runtime.streamEvents(false);
        runtime.streamEvents(true);
    }

    /** From now on the sandbox is gone. */
    public void stop(Staged staged) {
        runtime.unlist(sandbox(staged));
    }

    /** What is left of the pod. */
    public void clear(Staged staged) {
        Programs.run("ip", "netns", "del", Path.of(staged.netns()).getFileName().toString());
    }

    /** Socket of the kubelet's PodResources. */
    public Path kubeletSocket() {
        return directory.resolve("kubelet.sock");
    }

    /** The binder's arguments on this node. */
    public List<String> binderArguments() {
        return List.of(
                "run",
                "--pod-offload.node-name=" + NODE,
                "--pod-offload.command-socket=" + directory.resolve("commands/binder.sock"),
                "--pod-offload.sysfs=" + nic.sysfs(),
                "--pod-offload.kubelet-socket=" + directory.resolve("kubelet.sock"),
                "--pod-offload.cri-socket=" + directory.resolve("cri.sock"),
                "--pod-offload.ovsdb-socket=" + ovs.socket());
    }

    /** The environment by which the binder finds the API server. */
    public Map<String, String> toApiServer() {
        return Map.of(
                "KUBERNETES_MASTER",
                api.url(),
                "KUBERNETES_AUTH_TRYKUBECONFIG",
                "false",
                "KUBERNETES_AUTH_TRYSERVICEACCOUNT",
                "false");
    }

    private final class Lister extends PodResourcesListerGrpc.PodResourcesListerImplBase {

        @Override
        public void list(ListPodResourcesRequest request, StreamObserver<ListPodResourcesResponse> observer) {
            observer.onNext(ListPodResourcesResponse.newBuilder()
                    .addAllPodResources(allotments.values())
                    .build());
            observer.onCompleted();
        }

        @Override
        public void get(GetPodResourcesRequest request, StreamObserver<GetPodResourcesResponse> observer) {
            PodResources found = allotments.get(request.getPodName());
            if (found == null) {
                observer.onError(Status.NOT_FOUND.asRuntimeException());
                return;
            }
            observer.onNext(
                    GetPodResourcesResponse.newBuilder().setPodResources(found).build());
            observer.onCompleted();
        }

        @Override
        public void getAllocatableResources(
                AllocatableResourcesRequest request, StreamObserver<AllocatableResourcesResponse> observer) {
            observer.onNext(AllocatableResourcesResponse.newBuilder()
                    .addDevices(ContainerDevices.newBuilder()
                            .setResourceName(RESOURCE)
                            .addAllDeviceIds(nic.pciAddresses().stream()
                                    .map(PciAddress::value)
                                    .toList()))
                    .build());
            observer.onCompleted();
        }
    }

    @Override
    public void close() throws Exception {
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
    }
}
