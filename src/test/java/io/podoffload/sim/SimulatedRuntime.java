package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.cri.v1.ListPodSandboxRequest;
import io.podoffload.binder.cri.v1.ListPodSandboxResponse;
import io.podoffload.binder.cri.v1.PodSandbox;
import io.podoffload.binder.cri.v1.PodSandboxMetadata;
import io.podoffload.binder.cri.v1.PodSandboxState;
import io.podoffload.binder.cri.v1.PodSandboxStatus;
import io.podoffload.binder.cri.v1.PodSandboxStatusRequest;
import io.podoffload.binder.cri.v1.PodSandboxStatusResponse;
import io.podoffload.binder.cri.v1.RuntimeServiceGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
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

    private final Path directory;
    private final SimulatedNic nic;
    private final Map<String, Sandbox> sandboxes = new ConcurrentHashMap<>();
    private final ScheduledExecutorService kernel = Executors.newSingleThreadScheduledExecutor();
    private final UnixServer server;

    /** A sandbox that runs or ran. */
    record Sandbox(Cni.Request request, Cni cni, int attempt, boolean ready, long createdAt, String ip) {
        Sandbox stopped() {
            return new Sandbox(request, cni, attempt, false, createdAt, ip);
        }
    }

    SimulatedRuntime(Path directory, Path socket, SimulatedNic nic) {
        this.directory = directory;
        this.nic = nic;
        this.server = new UnixServer(socket, new Cri());
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
            return sandbox;
        } catch (RuntimeException e) {
            cni.delete(request);
            removeNamespace(netns);
            throw e;
        }
    }

    /** StopPodSandbox: NOTREADY, CNI DEL, and the namespace goes. */
    void stop(Sandbox sandbox) {
        sandboxes.put(sandbox.request().containerId(), sandbox.stopped());
        sandbox.cni().delete(sandbox.request());
        removeNamespace(sandbox.request().netns());
    }

    /** RemovePodSandbox. */
    void remove(Sandbox sandbox) {
        sandboxes.remove(sandbox.request().containerId());
    }

    private void removeNamespace(String netns) {
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
        public void listPodSandbox(ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> observer) {
            ListPodSandboxResponse.Builder response = ListPodSandboxResponse.newBuilder();
            sandboxes.forEach((id, sandbox) -> response.addItems(PodSandbox.newBuilder()
                    .setId(id)
                    .setMetadata(metadata(sandbox))
                    .setState(state(sandbox))
                    .setCreatedAt(sandbox.createdAt())));
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
            if (request.getVerbose()) {
                response.putInfo("info", info(sandbox));
            }
            observer.onNext(response.build());
            observer.onCompleted();
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
                    .setUid(metadata.getUid())
                    .setAttempt(sandbox.attempt())
                    .build();
        }

        private PodSandboxState state(Sandbox sandbox) {
            return sandbox.ready() ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
        }
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
