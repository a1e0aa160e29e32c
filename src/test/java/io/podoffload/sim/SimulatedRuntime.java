package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.cri.v1.ContainerEventResponse;
import io.podoffload.binder.cri.v1.ContainerEventType;
import io.podoffload.binder.cri.v1.GetEventsRequest;
import io.podoffload.binder.cri.v1.ListPodSandboxRequest;
import io.podoffload.binder.cri.v1.ListPodSandboxResponse;
import io.podoffload.binder.cri.v1.PodSandbox;
import io.podoffload.binder.cri.v1.PodSandboxMetadata;
import io.podoffload.binder.cri.v1.PodSandboxState;
import io.podoffload.binder.cri.v1.PodSandboxStatus;
import io.podoffload.binder.cri.v1.PodSandboxStatusRequest;
import io.podoffload.binder.cri.v1.PodSandboxStatusResponse;
import io.podoffload.binder.cri.v1.RuntimeServiceGrpc;
import io.podoffload.binder.cri.v1.VersionRequest;
import io.podoffload.binder.cri.v1.VersionResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A container runtime as containerd is: it makes a network namespace, calls the CNI, and lists the sandbox only then. Its
 * CRI is a real gRPC server.
 *
 * <p>It also stands in for the one thing the kernel does differently for a veth than for a VF: when a namespace dies, a VF
 * comes home some time later, down, with its MAC, MTU and alias, under its name or, if that is taken, as
 * {@code dev<ifindex>}.
 */
final class SimulatedRuntime implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SimulatedRuntime.class);

    private static final int DEL_ATTEMPTS = 100;
    private static final long BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Path directory;
    private final Nic nic;
    private final Map<String, Sandbox> sandboxes = new ConcurrentHashMap<>();
    private final ScheduledExecutorService kernel = Executors.newSingleThreadScheduledExecutor();
    private final Set<StreamObserver<ContainerEventResponse>> listeners = ConcurrentHashMap.newKeySet();
    private final Cri cri = new Cri();
    private final Path socket;
    private volatile UnixServer server;
    private volatile boolean streamsEvents = true;
    private volatile String name = "containerd";
    private volatile String version = "v2.1.9";
    private volatile boolean namespacesLinger;
    private volatile boolean callsDel = true;
    private volatile boolean listsAll = true;
    private volatile boolean tellsNamespaces = true;

    /** A sandbox that runs or ran. */
    record Sandbox(Cni.Request request, Cni cni, int attempt, boolean ready, long createdAt, String ip) {
        Sandbox stopped() {
            return new Sandbox(request, cni, attempt, false, createdAt, ip);
        }
    }

    SimulatedRuntime(Path directory, Path socket, Nic nic) {
        this.directory = directory;
        this.nic = nic;
        this.socket = socket;
        this.server = new UnixServer(socket, cri);
    }

    /** Lets something happen while the runtime answers nobody, as when containerd restarts. */
    void withoutSocket(Runnable story) {
        server.close();
        listeners.clear();
        try {
            story.run();
        } finally {
            server = new UnixServer(socket, cri);
        }
    }

    /** What it says that it is, when it is asked next. */
    void be(String runtimeName, String runtimeVersion) {
        name = runtimeName;
        version = runtimeVersion;
    }

    /** How many listen to its events. */
    int listeners() {
        return listeners.size();
    }

    /** Without it, as older runtimes are, callers must poll. Streams that are open end. */
    void streamEvents(boolean stream) {
        streamsEvents = stream;
        if (!stream) {
            listeners.forEach(StreamObserver::onCompleted);
            listeners.clear();
        }
    }

    /** Namespaces that die linger, as those that a socket or a descriptor pins, and their VFs do not come home. */
    void letNamespacesLinger(boolean linger) {
        namespacesLinger = linger;
    }

    /** Without it the CNI's DEL is never called, as when Multus is gone. */
    void callDel(boolean call) {
        callsDel = call;
    }

    /** Without it a list of all sandboxes is larger than gRPC lets the runtime send. */
    void listAll(boolean lists) {
        listsAll = lists;
    }

    /** Without it the verbose status of a sandbox has no info yet, as containerd's while the sandbox is being made. */
    void tellNamespaces(boolean tells) {
        tellsNamespaces = tells;
    }

    /** RunPodSandbox: namespace, CNI ADD, then the sandbox is there. */
    Sandbox run(Pod pod, int attempt, List<PciAddress> devices, Cni cni) {
        String name = "cni-" + UUID.randomUUID();
        Programs.run("ip", "netns", "add", name);
        String netns = "/var/run/netns/" + name;
        Programs.runIn(netns, "ip", "link", "set", "lo", "up");
        String id = (UUID.randomUUID().toString() + UUID.randomUUID()).replace("-", "");
        Cni.Request request = new Cni.Request(pod, id, netns, devices);
        try {
            String ip = cni.add(request);
            Sandbox sandbox = new Sandbox(request, cni, attempt, true, System.currentTimeMillis() * 1_000_000, ip);
            sandboxes.put(id, sandbox);
            cri.tell(sandbox, ContainerEventType.CONTAINER_STARTED_EVENT);
            return sandbox;
        } catch (RuntimeException e) {
            deleteUntilDone(cni, request);
            removeNamespace(netns);
            throw e;
        }
    }

    /** Lists a sandbox that somebody else made. */
    void list(Pod pod, String id, String netns, boolean ready) {
        Sandbox sandbox = new Sandbox(
                new Cni.Request(pod, id, netns, List.of()),
                new PlainCni(),
                0,
                ready,
                System.currentTimeMillis() * 1_000_000,
                "");
        sandboxes.put(id, sandbox);
        cri.tell(sandbox, ContainerEventType.CONTAINER_STARTED_EVENT);
    }

    /** Such a sandbox is gone. */
    void unlist(String id) {
        Sandbox sandbox = sandboxes.remove(id);
        if (sandbox != null) {
            cri.tell(sandbox.stopped(), ContainerEventType.CONTAINER_DELETED_EVENT);
        }
    }

    /** StopPodSandbox: NOTREADY, CNI DEL, and the namespace goes. */
    void stop(Sandbox sandbox) {
        sandboxes.put(sandbox.request().containerId(), sandbox.stopped());
        cri.tell(sandbox.stopped(), ContainerEventType.CONTAINER_STOPPED_EVENT);
        if (callsDel) {
            deleteUntilDone(sandbox.cni(), sandbox.request());
        }
        removeNamespace(sandbox.request().netns());
    }

    /** A DEL that fails, because a part of the node is down, is called again and again by the kubelet. */
    private static void deleteUntilDone(Cni cni, Cni.Request request) {
        for (int attempt = 1; ; attempt++) {
            try {
                cni.delete(request);
                return;
            } catch (RuntimeException e) {
                LOG.info("DEL of {} failed: {}", request.containerId(), e.getMessage());
                if (attempt == DEL_ATTEMPTS) {
                    throw e;
                }
                LockSupport.parkNanos(BACK_OFF_NANOS);
            }
        }
    }

    /** RemovePodSandbox. */
    void remove(Sandbox sandbox) {
        sandboxes.remove(sandbox.request().containerId());
        cri.tell(sandbox.stopped(), ContainerEventType.CONTAINER_DELETED_EVENT);
    }

    /** The namespace loses its name; it dies, and its VFs come home, some time later. */
    void removeNamespace(String netns) {
        Path dying = directory.resolve("dying/" + Path.of(netns).getFileName());
        try {
            if (!Files.exists(Path.of(netns))) {
                return;
            }
            Files.createDirectories(dying.getParent());
            Files.createFile(dying);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Programs.run("mount", "--bind", netns, dying.toString());
        Programs.run("ip", "netns", "del", Path.of(netns).getFileName().toString());
        long delay = ThreadLocalRandom.current().nextLong(20, 200);
        comeHome(dying, delay);
    }

    private void comeHome(Path dying, long delay) {
        Future<?> unused = kernel.schedule(
                () -> {
                    if (namespacesLinger) {
                        comeHome(dying, delay);
                        return;
                    }
                    try {
                        bringVfsHome(dying);
                    } catch (RuntimeException e) {
                        LOG.warn("a VF did not come home from {}, trying again", dying, e);
                        comeHome(dying, delay);
                    }
                },
                delay,
                TimeUnit.MILLISECONDS);
    }

    private void bringVfsHome(Path dying) {
        for (JsonNode vf : nic.vfsIn(dying.toString())) {
            String name = vf.path("ifname").asString();
            String atHome = nic.isTaken(name) ? "dev" + vf.path("ifindex").asInt() : name;
            Programs.runIn(dying.toString(), "ip", "link", "set", name, "down");
            Programs.runIn(dying.toString(), "ip", "link", "set", name, "netns", "1", "name", atHome);
        }
        Programs.run("umount", dying.toString());
        try {
            Files.delete(dying);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final class Cri extends RuntimeServiceGrpc.RuntimeServiceImplBase {

        @Override
        public void version(VersionRequest request, StreamObserver<VersionResponse> observer) {
            observer.onNext(VersionResponse.newBuilder()
                    .setRuntimeName(name)
                    .setRuntimeVersion(version)
                    .build());
            observer.onCompleted();
        }

        @Override
        public void listPodSandbox(ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> observer) {
            Map<String, String> selector = request.getFilter().getLabelSelectorMap();
            if (!listsAll && selector.isEmpty()) {
                observer.onError(Status.RESOURCE_EXHAUSTED
                        .withDescription("grpc: trying to send message larger than max (16843781 vs. 16777216)")
                        .asRuntimeException());
                return;
            }
            ListPodSandboxResponse.Builder response = ListPodSandboxResponse.newBuilder();
            sandboxes.forEach((id, sandbox) -> {
                Map<String, String> labels = labels(sandbox);
                if (labels.entrySet().containsAll(selector.entrySet())) {
                    response.addItems(PodSandbox.newBuilder()
                            .setId(id)
                            .setMetadata(metadata(sandbox))
                            .setState(state(sandbox))
                            .setCreatedAt(sandbox.createdAt())
                            .putAllLabels(labels));
                }
            });
            observer.onNext(response.build());
            observer.onCompleted();
        }

        @Override
        public void podSandboxStatus(
                PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> observer) {
            Sandbox sandbox = sandboxes.get(request.getPodSandboxId());
            if (sandbox == null) {
                observer.onError(Status.NOT_FOUND.asRuntimeException());
                return;
            }
            PodSandboxStatusResponse.Builder response = PodSandboxStatusResponse.newBuilder()
                    .setStatus(PodSandboxStatus.newBuilder()
                            .setId(request.getPodSandboxId())
                            .setMetadata(metadata(sandbox))
                            .setState(state(sandbox))
                            .setCreatedAt(sandbox.createdAt()));
            if (request.getVerbose() && tellsNamespaces) {
                response.putInfo("info", info(sandbox));
            }
            observer.onNext(response.build());
            observer.onCompleted();
        }

        @Override
        public void getContainerEvents(GetEventsRequest request, StreamObserver<ContainerEventResponse> observer) {
            if (!streamsEvents) {
                observer.onError(Status.UNIMPLEMENTED.asRuntimeException());
                return;
            }
            ((ServerCallStreamObserver<ContainerEventResponse>) observer)
                    .setOnCancelHandler(() -> listeners.remove(observer));
            listeners.add(observer);
        }

        private Map<String, String> labels(Sandbox sandbox) {
            var metadata = sandbox.request().pod().getMetadata();
            return Map.of(
                    "io.kubernetes.pod.name", metadata.getName(),
                    "io.kubernetes.pod.namespace", metadata.getNamespace(),
                    "io.kubernetes.pod.uid", uid(metadata));
        }

        /** As containerd tells of a sandbox, which it takes for one more container. */
        private synchronized void tell(Sandbox sandbox, ContainerEventType type) {
            ContainerEventResponse event = ContainerEventResponse.newBuilder()
                    .setContainerId(sandbox.request().containerId())
                    .setContainerEventType(type)
                    .setPodSandboxStatus(PodSandboxStatus.newBuilder()
                            .setId(sandbox.request().containerId())
                            .setMetadata(metadata(sandbox))
                            .setState(state(sandbox)))
                    .build();
            for (StreamObserver<ContainerEventResponse> listener : listeners) {
                try {
                    listener.onNext(event);
                } catch (IllegalStateException | StatusRuntimeException e) {
                    listeners.remove(listener); // it went
                }
            }
        }

        /** The kubelet gives the sandbox of a static pod the pod's hash for a uid; its mirror in the API has another. */
        private static String uid(ObjectMeta pod) {
            Map<String, String> annotations = pod.getAnnotations();
            boolean isMirror = annotations != null && annotations.containsKey("kubernetes.io/config.mirror");
            return isMirror ? annotations.getOrDefault("kubernetes.io/config.hash", pod.getUid()) : pod.getUid();
        }

        /** The JSON text that containerd gives. */
        private String info(Sandbox sandbox) {
            ObjectNode info = JsonMapper.shared().createObjectNode();
            info.putObject("runtimeSpec")
                    .putObject("linux")
                    .putArray("namespaces")
                    .add(info.objectNode().put("type", "pid"))
                    .add(info.objectNode()
                            .put("type", "network")
                            .put("path", sandbox.request().netns()));
            return info.toString();
        }

        private PodSandboxMetadata metadata(Sandbox sandbox) {
            var metadata = sandbox.request().pod().getMetadata();
            return PodSandboxMetadata.newBuilder()
                    .setName(metadata.getName())
                    .setNamespace(metadata.getNamespace())
                    .setUid(uid(metadata))
                    .setAttempt(sandbox.attempt())
                    .build();
        }

        private PodSandboxState state(Sandbox sandbox) {
            return sandbox.ready() ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
        }
    }

    @Override
    public String toString() {
        return sandboxes.values().stream()
                .map(sandbox -> "sandbox %s of %s, uid %s, attempt %d, %s%n"
                        .formatted(
                                sandbox.request().containerId(),
                                sandbox.request().pod().getMetadata().getName(),
                                sandbox.request().pod().getMetadata().getUid(),
                                sandbox.attempt(),
                                sandbox.ready() ? "READY" : "NOTREADY"))
                .collect(Collectors.joining());
    }

    @Override
    public void close() {
        server.close();
        sandboxes.values().stream().filter(Sandbox::ready).forEach(this::stop);
        sandboxes.clear();
        kernel.shutdown();
        try {
            kernel.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
