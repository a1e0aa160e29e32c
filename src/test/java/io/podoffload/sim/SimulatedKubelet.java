package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.podoffload.binder.binding.PciAddress;
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
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A kubelet: allots VFs, makes sandboxes, runs containers and takes pods down in the kubelet's order - containers, sandbox
 * NOTREADY, CNI DEL, namespace, sandbox, API object - without waiting for anybody. Its PodResources API is a real gRPC server.
 */
final class SimulatedKubelet implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SimulatedKubelet.class);
    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    /** Of the VFs that are not offered as {@link #RESOURCE}. */
    private static final String RESOURCE_OF_OTHERS = "example.com/vfs_of_others";

    private static final long BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final int COMPARED_EACH_SECONDS = 5;
    private static final String DEFAULT_NETWORK = "v1.multus-cni.io/default-network";

    private final KubernetesClient client;
    private final SimulatedRuntime runtime;
    private final Map<CniMode, Cni> cnis;
    private final Path directory;
    private final String node;
    private final List<PciAddress> vfs;
    private final List<PciAddress> free = new ArrayList<>(); // guarded by this
    private final Set<PciAddress> withheld = new HashSet<>(); // guarded by this
    private final List<PciAddress> freeForOthers = new ArrayList<>(); // guarded by this
    private final Map<String, RunningPod> pods = new ConcurrentHashMap<>();
    private final ExecutorService workers = Executors.newCachedThreadPool();
    private final ScheduledExecutorService housekeeping = Executors.newSingleThreadScheduledExecutor();
    private final Path socket;
    private final KubeletLimit limit = new KubeletLimit();
    private volatile UnixServer server;
    private final SharedIndexInformer<Pod> informer;
    private volatile CniMode mode = CniMode.KUBE_OVN;
    private volatile boolean knowsGet = true;
    private volatile boolean hidesPods;
    private volatile @Nullable PciAddress allottedToUnknown;

    /** Done while the kubelet works. */
    private volatile CompletableFuture<Void> works = CompletableFuture.completedFuture(null);

    /** One pod on this node; its work is a chain, so that it is never started and stopped at once. */
    private static final class RunningPod {
        private final Pod pod;
        private volatile String resource = RESOURCE;
        private volatile List<PciAddress> devices = List.of();
        private volatile SimulatedRuntime.@Nullable Sandbox sandbox;
        private final List<SimulatedRuntime.Sandbox> stopped = new ArrayList<>();
        private volatile @Nullable Process container;
        private volatile boolean terminating;
        private volatile boolean removed;
        private volatile boolean finished;
        private CompletableFuture<Void> work = CompletableFuture.completedFuture(null);

        RunningPod(Pod pod) {
            this.pod = pod;
        }
    }

    SimulatedKubelet(
            KubernetesClient client,
            String node,
            Path directory,
            Path socket,
            SimulatedRuntime runtime,
            Map<CniMode, Cni> cnis,
            List<PciAddress> vfs) {
        this.client = client;
        this.node = node;
        this.directory = directory;
        this.runtime = runtime;
        this.cnis = cnis;
        this.vfs = List.copyOf(vfs);
        this.free.addAll(vfs);
        this.socket = socket;
        this.server = new UnixServer(socket, new Lister(), limit);
        this.informer = client.pods()
                .inAnyNamespace()
                .withField("spec.nodeName", node)
                .inform(new ByUid(this::appeared, this::changed, this::removed));
        Future<?> unused = housekeeping.scheduleWithFixedDelay(
                this::compareWithList, COMPARED_EACH_SECONDS, COMPARED_EACH_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * What the API server does not have any more is taken down, whatever the watch told: a watch that opens anew may have missed that a
     * pod went. The real kubelet compares so every two seconds.
     */
    private void compareWithList() {
        Set<String> known = Set.copyOf(pods.keySet());
        try {
            Set<String> listed =
                    client.pods().inAnyNamespace().withField("spec.nodeName", node).list().getItems().stream()
                            .map(pod -> pod.getMetadata().getUid())
                            .collect(Collectors.toSet());
            known.stream()
                    .filter(uid -> !listed.contains(uid))
                    .flatMap(uid -> Stream.ofNullable(pods.get(uid)))
                    .forEach(running -> removed(running.pod));
        } catch (KubernetesClientException e) {
            LOG.debug("the API server does not list the pods of the node", e);
        }
    }

    private void appeared(Pod pod) {
        if (ProgramPods.is(pod)) {
            return;
        }
        RunningPod running = new RunningPod(pod);
        if (pods.putIfAbsent(pod.getMetadata().getUid(), running) == null) {
            chain(running, () -> start(running));
        }
        changed(pod);
    }

    private void changed(Pod pod) {
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            terminate(pod);
        } else {
            reportReadiness(pod);
        }
    }

    /** What the kubelet lets callers of PodResources do. */
    KubeletLimit limit() {
        return limit;
    }

    /** Whether PodResources answers as if it knew of no pod. */
    void hidePods(boolean hidden) {
        hidesPods = hidden;
    }

    /** The VF that PodResources names for a pod of which the API server has not told yet; null for none. */
    void allotToUnknown(@Nullable PciAddress vf) {
        allottedToUnknown = vf;
    }

    /** Whether PodResources has the method Get. */
    void knowGet(boolean known) {
        knowsGet = known;
    }

    /** What happens from now on is not followed until {@link #resume()}. */
    void stall() {
        works = new CompletableFuture<>();
    }

    void resume() {
        works.complete(null);
    }

    void useCni(CniMode mode) {
        this.mode = mode;
    }

    /** Path of the network namespace of the pod that runs under this uid. */
    String netns(String podUid) {
        SimulatedRuntime.Sandbox sandbox = running(podUid).sandbox;
        if (sandbox == null) {
            throw new IllegalStateException("pod " + podUid + " has no sandbox");
        }
        return sandbox.request().netns();
    }

    String vfOf(String podUid) {
        return running(podUid).devices.get(0).value();
    }

    /** The namespace dies under the running sandbox. */
    void destroyNamespace(String podUid) {
        RunningPod pod = running(podUid);
        chain(pod, () -> {
                    SimulatedRuntime.Sandbox sandbox = pod.sandbox;
                    if (sandbox != null) {
                        stopContainer(pod);
                        runtime.removeNamespace(sandbox.request().netns());
                    }
                })
                .join();
    }

    /** The socket goes and comes back, as when the kubelet restarts. */
    void restartSocket() {
        withoutSocket(() -> {});
    }

    /** Lets something happen while the kubelet answers nobody. */
    void withoutSocket(Runnable story) {
        server.close();
        try {
            story.run();
        } finally {
            server = new UnixServer(socket, new Lister(), limit);
        }
    }

    /** Makes a new sandbox for a pod, attempt + 1, as after a crash of the old one. */
    CompletableFuture<Void> restartSandbox(String podUid) {
        RunningPod pod = running(podUid);
        return chain(pod, () -> {
            SimulatedRuntime.Sandbox old = pod.sandbox;
            if (old != null) {
                stopContainer(pod);
                runtime.stop(old);
                pod.stopped.add(old);
                pod.sandbox = null;
                runSandboxUntilItWorks(pod, old.attempt() + 1);
            }
        });
    }

    /** The pod's containers end for good; its object stays, and List goes on to name its devices, which others may get. */
    void finish(String podUid) {
        RunningPod pod = running(podUid);
        chain(pod, () -> {
                    stopContainer(pod);
                    SimulatedRuntime.Sandbox sandbox = pod.sandbox;
                    if (sandbox != null) {
                        runtime.stop(sandbox);
                    }
                    patchStatus(pod.pod, status -> status.put("phase", "Succeeded"));
                    pod.finished = true;
                    freeDevices(pod);
                })
                .join();
    }

    /** The device plugin does not have the VF any more, or has it again. */
    synchronized void offer(PciAddress vf, boolean offered) {
        free.remove(vf);
        freeForOthers.remove(vf);
        if (offered) {
            withheld.remove(vf);
        } else {
            withheld.add(vf);
        }
        (offered ? free : freeForOthers).add(vf);
        free.sort(null);
    }

    private synchronized void freeDevices(RunningPod pod) {
        List<PciAddress> open = pool(pod);
        open.addAll(pod.devices);
        open.sort(null);
    }

    private List<PciAddress> pool(RunningPod pod) {
        return pod.resource.equals(RESOURCE) ? free : freeForOthers;
    }

    private RunningPod running(String podUid) {
        RunningPod pod = pods.get(podUid);
        if (pod == null) {
            throw new IllegalStateException("the kubelet does not run pod " + podUid);
        }
        return pod;
    }

    private CompletableFuture<Void> chain(RunningPod pod, Runnable task) {
        synchronized (pod) {
            CompletableFuture<Void> now = works;
            pod.work = pod.work
                    .thenCompose(done -> now)
                    .thenRunAsync(task, workers)
                    .exceptionally(failure -> {
                        LOG.warn("pod {}", pod.pod.getMetadata().getName(), failure);
                        return null;
                    });
            return pod.work;
        }
    }

    /** A pod that was deleted by force is taken down all the same, but the kubelet names it no more: the next of its name is it. */
    private void removed(Pod pod) {
        RunningPod running = pods.get(pod.getMetadata().getUid());
        if (running != null) {
            running.removed = true;
        }
        terminate(pod);
    }

    private void terminate(Pod pod) {
        RunningPod running = pods.get(pod.getMetadata().getUid());
        if (running != null && !running.terminating) {
            running.terminating = true;
            chain(running, () -> stop(running));
        }
    }

    private void start(RunningPod pod) {
        pod.resource = requested(pod.pod, RESOURCE_OF_OTHERS) > 0 ? RESOURCE_OF_OTHERS : RESOURCE;
        int wanted = requested(pod.pod, pod.resource);
        synchronized (this) {
            List<PciAddress> open = pool(pod);
            if (open.size() < wanted) {
                patchStatus(pod.pod, status -> status.put("phase", "Failed").put("reason", "UnexpectedAdmissionError"));
                return;
            }
            pod.devices = List.copyOf(open.subList(0, wanted));
            open.subList(0, wanted).clear();
        }
        runSandboxUntilItWorks(pod, 0);
    }

    private void runSandboxUntilItWorks(RunningPod pod, int firstAttempt) {
        for (int attempt = firstAttempt; pod.sandbox == null && !pod.terminating; attempt++) {
            try {
                runSandbox(pod, attempt);
            } catch (RuntimeException e) {
                LOG.info("FailedCreatePodSandBox {}: {}", pod.pod.getMetadata().getName(), e.getMessage());
                LockSupport.parkNanos(BACK_OFF_NANOS);
            }
        }
    }

    private void runSandbox(RunningPod pod, int attempt) {
        CniMode now = mode;
        boolean isPlain = now == CniMode.KUBE_OVN
                && !pod.pod.getMetadata().getAnnotations().containsKey(DEFAULT_NETWORK);
        Cni cni = cnis.get(isPlain ? CniMode.OTHER : now); // a pod that names no network gets a plain eth0
        if (cni == null) {
            throw new IllegalStateException("no CNI for " + now);
        }
        SimulatedRuntime.Sandbox sandbox = runtime.run(pod.pod, attempt, pod.devices, cni);
        pod.sandbox = sandbox;
        startContainer(pod, sandbox);
        writeNetworkStatus(pod.pod, sandbox.ip());
        patchStatus(pod.pod, status -> {
            status.put("phase", "Running").put("podIP", sandbox.ip());
            status.putArray("podIPs").addObject().put("ip", sandbox.ip());
        });
    }

    /** Ready when its containers run and the condition of each readiness gate is True. */
    private void reportReadiness(Pod pod) {
        Map<String, String> conditions = new HashMap<>();
        if (pod.getStatus() != null) {
            pod.getStatus().getConditions().forEach(one -> conditions.put(one.getType(), one.getStatus()));
        }
        boolean running =
                pod.getStatus() != null && "Running".equals(pod.getStatus().getPhase());
        boolean ready = running
                && pod.getSpec().getReadinessGates().stream()
                        .allMatch(gate -> "True".equals(conditions.get(gate.getConditionType())));
        String status = ready ? "True" : "False";
        RunningPod mine = pods.get(pod.getMetadata().getUid());
        if (running && mine != null && !status.equals(conditions.get("Ready"))) {
            chain(mine, () -> applyCondition(pod, "Ready", status));
        }
    }

    private void applyCondition(Pod pod, String type, String status) {
        try {
            client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .subresource("status")
                    .patch(
                            PatchContext.of(PatchType.SERVER_SIDE_APPLY),
                            new PodBuilder()
                                    .withNewMetadata()
                                    .withNamespace(pod.getMetadata().getNamespace())
                                    .withName(pod.getMetadata().getName())
                                    .withUid(pod.getMetadata().getUid())
                                    .endMetadata()
                                    .withNewStatus()
                                    .addNewCondition()
                                    .withType(type)
                                    .withStatus(status)
                                    .endCondition()
                                    .endStatus()
                                    .build());
        } catch (KubernetesClientException e) {
            LOG.debug("pod {} went meanwhile", pod.getMetadata().getName(), e);
        }
    }

    private void stop(RunningPod pod) {
        stopContainer(pod);
        SimulatedRuntime.Sandbox sandbox = pod.sandbox;
        if (!pod.finished) {
            if (sandbox != null) {
                runtime.stop(sandbox);
            }
            patchStatus(pod.pod, status -> status.put("phase", "Succeeded"));
            freeDevices(pod);
        }
        pod.devices = List.of();
        if (sandbox != null) {
            runtime.remove(sandbox);
        }
        pod.stopped.forEach(runtime::remove);
        pods.remove(pod.pod.getMetadata().getUid());
        deleteObject(pod.pod);
    }

    /** This very object, and not the next one of its name: with a precondition, which the client's own delete has not. */
    private void deleteObject(Pod pod) {
        Map<String, Object> options = Map.of(
                "gracePeriodSeconds",
                0,
                "preconditions",
                Map.of("uid", pod.getMetadata().getUid()));
        try {
            client.raw(
                    "/api/v1/namespaces/%s/pods/%s"
                            .formatted(
                                    pod.getMetadata().getNamespace(),
                                    pod.getMetadata().getName()),
                    "DELETE",
                    options);
        } catch (KubernetesClientException e) {
            if (!isGone(e)) {
                throw e;
            }
        }
    }

    /** Absent, or another of its name. */
    private static boolean isGone(KubernetesClientException failure) {
        return failure.getCode() == 404 || failure.getCode() == 409;
    }

    private static int requested(Pod pod, String resource) {
        return pod.getSpec().getContainers().stream()
                .filter(container -> container.getResources() != null
                        && container.getResources().getRequests() != null)
                .map(container -> container.getResources().getRequests().get(resource))
                .filter(quantity -> quantity != null)
                .map(Quantity::getAmount)
                .mapToInt(Integer::parseInt)
                .sum();
    }

    /** A real nginx in the pod's namespace; its image is not pulled, and its page names the pod. */
    private void startContainer(RunningPod pod, SimulatedRuntime.Sandbox sandbox) {
        String name = pod.pod.getMetadata().getName();
        Path home = directory.resolve(
                "containers/" + sandbox.request().containerId().substring(0, 12));
        try {
            Files.createDirectories(home);
            Files.writeString(home.resolve("nginx.conf"), """
                    daemon off; master_process off; pid nginx.pid; error_log stderr;
                    events {}
                    http {
                      access_log off;
                      client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
                      server { listen 80; location / { return 200 "Welcome to nginx, served by pod %s\\n"; } }
                    }
                    """.formatted(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        pod.container = Programs.start(
                home.resolve("log"),
                Map.of(),
                List.of(
                        "nsenter",
                        "--net=" + sandbox.request().netns(),
                        "--",
                        "nginx",
                        "-p",
                        home + "/",
                        "-c",
                        "nginx.conf",
                        "-e",
                        "stderr"));
    }

    private static void stopContainer(RunningPod pod) {
        Process container = pod.container;
        if (container != null) {
            container.destroy();
            try {
                if (!container.waitFor(5, TimeUnit.SECONDS)) {
                    container.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** As Multus writes it when the CNI has finished. */
    private void writeNetworkStatus(Pod pod, String ip) {
        String status =
                "[{\"name\":\"kube-ovn\",\"interface\":\"eth0\",\"ips\":[\"" + ip + "\"],\"default\":true,\"dns\":{}}]";
        ObjectNode patch = JsonMapper.shared().createObjectNode();
        patch.putObject("metadata")
                .put("uid", pod.getMetadata().getUid())
                .putObject("annotations")
                .put("k8s.v1.cni.cncf.io/network-status", status);
        client.pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
    }

    /** A pod that is gone from the API is no failure; there is nobody to tell. */
    private void patchStatus(Pod pod, java.util.function.Consumer<ObjectNode> change) {
        ObjectNode patch = JsonMapper.shared().createObjectNode();
        patch.putObject("metadata").put("uid", pod.getMetadata().getUid());
        ObjectNode status = patch.putObject("status");
        status.put("startTime", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        change.accept(status);
        try {
            client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .subresource("status")
                    .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
        } catch (KubernetesClientException e) {
            if (!isGone(e)) {
                throw e;
            }
        }
    }

    private final class Lister extends PodResourcesListerGrpc.PodResourcesListerImplBase {

        @Override
        public void list(ListPodResourcesRequest request, StreamObserver<ListPodResourcesResponse> observer) {
            ListPodResourcesResponse.Builder response = ListPodResourcesResponse.newBuilder();
            named().forEach(running -> response.addPodResources(resources(running)));
            PciAddress unknown = allottedToUnknown;
            if (unknown != null) {
                response.addPodResources(PodResources.newBuilder()
                        .setName("just-admitted")
                        .setNamespace("default")
                        .addContainers(ContainerResources.newBuilder()
                                .addDevices(ContainerDevices.newBuilder()
                                        .setResourceName(RESOURCE)
                                        .addDeviceIds(unknown.value()))));
            }
            observer.onNext(response.build());
            observer.onCompleted();
        }

        /** The pods of the kubelet's pod manager, which knows one pod of a name at a time (pkg/kubelet/pod/pod_manager.go). */
        private Stream<RunningPod> named() {
            return hidesPods ? Stream.empty() : pods.values().stream().filter(running -> !running.removed);
        }

        private PodResources resources(RunningPod running) {
            ContainerResources.Builder container = ContainerResources.newBuilder()
                    .setName(running.pod.getSpec().getContainers().get(0).getName());
            if (!running.devices.isEmpty()) {
                ContainerDevices.Builder devices = ContainerDevices.newBuilder().setResourceName(running.resource);
                running.devices.forEach(pci -> devices.addDeviceIds(pci.value()));
                container.addDevices(devices);
            }
            return PodResources.newBuilder()
                    .setName(running.pod.getMetadata().getName())
                    .setNamespace(running.pod.getMetadata().getNamespace())
                    .addContainers(container)
                    .build();
        }

        /** On by default since Kubernetes 1.34; before, it answers so. */
        @Override
        public void get(GetPodResourcesRequest request, StreamObserver<GetPodResourcesResponse> observer) {
            if (!knowsGet) {
                observer.onError(Status.UNKNOWN
                        .withDescription("PodResources API Get method disabled")
                        .asRuntimeException());
                return;
            }
            named().filter(running -> running.pod.getMetadata().getName().equals(request.getPodName())
                            && running.pod.getMetadata().getNamespace().equals(request.getPodNamespace()))
                    .findFirst()
                    .ifPresentOrElse(
                            running -> {
                                observer.onNext(GetPodResourcesResponse.newBuilder()
                                        .setPodResources(resources(running))
                                        .build());
                                observer.onCompleted();
                            },
                            () -> observer.onError(Status.NOT_FOUND.asRuntimeException()));
        }

        @Override
        public void getAllocatableResources(
                AllocatableResourcesRequest request, StreamObserver<AllocatableResourcesResponse> observer) {
            ContainerDevices.Builder devices = ContainerDevices.newBuilder().setResourceName(RESOURCE);
            synchronized (SimulatedKubelet.this) {
                vfs.stream().filter(pci -> !withheld.contains(pci)).forEach(pci -> devices.addDeviceIds(pci.value()));
            }
            observer.onNext(AllocatableResourcesResponse.newBuilder()
                    .addDevices(devices)
                    .build());
            observer.onCompleted();
        }
    }

    /** The pods that it runs, a line each. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        pods.forEach((uid, pod) -> text.append("pod %s, uid %s, VFs %s, %s%s%s%n"
                .formatted(
                        pod.pod.getMetadata().getName(),
                        uid,
                        pod.devices,
                        pod.sandbox == null ? "no sandbox" : "a sandbox",
                        pod.terminating ? ", terminating" : "",
                        pod.work.isDone() ? "" : ", busy")));
        return text.toString();
    }

    @Override
    public void close() {
        informer.stop();
        server.close();
        pods.values().forEach(SimulatedKubelet::stopContainer);
        housekeeping.shutdownNow();
        workers.shutdownNow();
    }
}
