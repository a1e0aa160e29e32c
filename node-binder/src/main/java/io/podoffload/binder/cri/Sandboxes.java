package io.podoffload.binder.cri;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.Sandbox;
import io.podoffload.binder.binding.SandboxHistory;
import io.podoffload.binder.cri.v1.ListPodSandboxRequest;
import io.podoffload.binder.cri.v1.ListPodSandboxResponse;
import io.podoffload.binder.cri.v1.PodSandbox;
import io.podoffload.binder.cri.v1.PodSandboxFilter;
import io.podoffload.binder.cri.v1.PodSandboxMetadata;
import io.podoffload.binder.cri.v1.PodSandboxState;
import io.podoffload.binder.cri.v1.PodSandboxStatus;
import io.podoffload.binder.cri.v1.PodSandboxStatusRequest;
import io.podoffload.binder.cri.v1.PodSandboxStatusResponse;
import io.podoffload.binder.cri.v1.RuntimeServiceGrpc;
import io.podoffload.binder.cri.v1.VersionRequest;
import io.podoffload.binder.cri.v1.VersionResponse;
import io.podoffload.binder.outage.Dependency;
import io.podoffload.binder.outage.GrpcDependency;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The pod sandboxes of the container runtime, containerd or CRI-O, over CRI v1. */
public final class Sandboxes {

    private static final int ANSWER_WITHIN_SECONDS = 10;
    private static final int REMEMBERED_NAMESPACES = 1_000;
    private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A list that was asked for so long ago counts as asked for now: looks at a VF take as long. */
    private static final long NOW_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** The kubelet's labels, k8s.io/kubelet/pkg/types/labels.go. */
    private static final String POD_NAME = "io.kubernetes.pod.name";

    private static final String POD_NAMESPACE = "io.kubernetes.pod.namespace";
    private static final String POD_UID = "io.kubernetes.pod.uid";

    private static final Logger LOG = LoggerFactory.getLogger(Sandboxes.class);

    private final ManagedChannel channel;
    private final GrpcDependency dependency;
    private final RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime;
    private final JsonMapper json;
    private final LongSupplier nanoTime;

    /** Paths by sandbox id; a sandbox never changes its namespace. Guarded by itself. */
    private final Map<String, Optional<String>> namespaces = new LinkedHashMap<>();

    /** Lists of this moment, by the labels that select them. */
    private final Map<Map<String, String>, Asked> asked = new ConcurrentHashMap<>();

    private volatile @Nullable Snapshot snapshot;

    private record Asked(Future<ListPodSandboxResponse> answer, long at) {}

    private record Snapshot(Map<PodName, List<Sandbox>> byName, Map<String, List<Sandbox>> byUid, long takenAt) {}

    /** @param socket where the channel leads */
    public Sandboxes(ManagedChannel channel, Path socket, JsonMapper json) {
        this(channel, socket, json, System::nanoTime);
    }

    Sandboxes(ManagedChannel channel, Path socket, JsonMapper json, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.channel = channel;
        this.dependency = new GrpcDependency(
                new Dependency(
                        "the container runtime",
                        "Pods that start or end meanwhile get or give back their VFs when it is back."),
                channel,
                socket);
        this.runtime = RuntimeServiceGrpc.newBlockingStub(channel);
        this.json = json;
    }

    /**
     * Lists all sandboxes once, for the many looks that are about to follow.
     *
     * @return waits until the list is there
     */
    public Runnable prefetch() {
        Asked list = ask(Map.of());
        return () -> {
            List<Sandbox> all = answer(list).sandboxes();
            snapshot = new Snapshot(
                    all.stream()
                            .collect(Collectors.groupingBy(
                                    sandbox -> sandbox.pod().podName())),
                    all.stream()
                            .collect(Collectors.groupingBy(
                                    sandbox -> sandbox.pod().uid())),
                    list.at());
        };
    }

    /** For one look at one VF, which asks for the same sandboxes more than once. */
    public Look look(boolean fresh) {
        Snapshot recent = snapshot;
        boolean isRecent = recent != null && nanoTime.getAsLong() - recent.takenAt() < RECENT_NANOS;
        return new Look(fresh || !isRecent ? null : recent);
    }

    /** What one look reads of the runtime. */
    public final class Look {

        private final @Nullable Snapshot recent;
        private final Map<PodName, SandboxHistory> known = new LinkedHashMap<>();
        private @Nullable SandboxHistory everything;

        private Look(@Nullable Snapshot recent) {
            this.recent = recent;
        }

        /** Whether it reads what the runtime says now, and not what it said a moment ago. */
        public boolean isFresh() {
            return recent == null;
        }

        public SandboxHistory ofPod(PodName pod) {
            if (recent != null) {
                return new SandboxHistory(recent.byName().getOrDefault(pod, List.of()));
            }
            return known.computeIfAbsent(pod, name -> list(labels(name)));
        }

        /** Those of one Namespace, whatever their pods are called. */
        public SandboxHistory ofNamespace(String namespace) {
            if (everything == null) {
                everything = recent != null
                        ? new SandboxHistory(recent.byUid().values().stream()
                                .flatMap(List::stream)
                                .toList())
                        : list(Map.of());
            }
            return new SandboxHistory(everything.sandboxes().stream()
                    .filter(sandbox -> sandbox.pod().namespace().equals(namespace))
                    .toList());
        }

        public SandboxHistory ofUid(String uid) {
            if (recent != null) {
                return new SandboxHistory(recent.byUid().getOrDefault(uid, List.of()));
            }
            return known.values().stream()
                    .filter(history -> history.sandboxes().stream()
                            .anyMatch(sandbox -> sandbox.pod().uid().equals(uid)))
                    .findFirst()
                    .orElseGet(() -> list(labels(uid)));
        }
    }

    private static Map<String, String> labels(PodName pod) {
        return Map.of(POD_NAME, pod.name(), POD_NAMESPACE, pod.namespace());
    }

    private static Map<String, String> labels(String podUid) {
        return Map.of(POD_UID, podUid);
    }

    /** Something happened to sandboxes of the pod: what was listed a moment ago is not used any more. */
    public void forget(PodRef pod) {
        snapshot = null;
        asked.remove(labels(pod.podName()));
        asked.remove(labels(pod.uid()));
    }

    /** Lists the sandboxes of the pod for the look that is about to follow, and does not wait. */
    public void prefetch(PodName pod) {
        asked.computeIfAbsent(labels(pod), this::ask);
    }

    /** The same for a pod that the API server has no more. */
    public void prefetch(String podUid) {
        asked.computeIfAbsent(labels(podUid), this::ask);
    }

    List<Sandbox> all() {
        return list(Map.of()).sandboxes();
    }

    private SandboxHistory list(Map<String, String> labels) {
        long now = nanoTime.getAsLong();
        asked.values().removeIf(list -> now - list.at() >= NOW_NANOS);
        try {
            return answer(asked.computeIfAbsent(labels, this::ask));
        } catch (RuntimeException e) {
            asked.remove(labels);
            throw e;
        }
    }

    private SandboxHistory answer(Asked list) {
        return new SandboxHistory(answer(list.answer()).getItemsList().stream()
                .map(Sandboxes::sandbox)
                .toList());
    }

    /** Which runtime it is. */
    RuntimeVersion version() {
        VersionResponse version = answer(RuntimeServiceGrpc.newFutureStub(channel)
                .withDeadlineAfter(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS)
                .version(VersionRequest.getDefaultInstance()));
        return new RuntimeVersion(version.getRuntimeName(), version.getRuntimeVersion());
    }

    private <T> T answer(Future<T> call) {
        try {
            T answer = call.get();
            dependency.answered();
            return answer;
        } catch (ExecutionException e) {
            throw dependency.failed(Status.fromThrowable(e).asRuntimeException());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Status.CANCELLED.withCause(e).asRuntimeException();
        }
    }

    /** The runtime selects, so that the answer is small however many pods there are. */
    private Asked ask(Map<String, String> labels) {
        long now = nanoTime.getAsLong();
        return new Asked(
                RuntimeServiceGrpc.newFutureStub(channel)
                        .withDeadlineAfter(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS)
                        .listPodSandbox(ListPodSandboxRequest.newBuilder()
                                .setFilter(PodSandboxFilter.newBuilder().putAllLabelSelector(labels))
                                .build()),
                now);
    }

    private static Sandbox sandbox(PodSandbox sandbox) {
        return sandbox(sandbox.getId(), sandbox.getMetadata(), sandbox.getCreatedAt(), sandbox.getState());
    }

    static Sandbox sandbox(PodSandboxStatus sandbox) {
        return sandbox(sandbox.getId(), sandbox.getMetadata(), sandbox.getCreatedAt(), sandbox.getState());
    }

    private static Sandbox sandbox(String id, PodSandboxMetadata pod, long createdAt, PodSandboxState state) {
        return new Sandbox(
                id,
                new PodRef(pod.getNamespace(), pod.getName(), pod.getUid()),
                pod.getAttempt(),
                createdAt,
                state == PodSandboxState.SANDBOX_READY);
    }

    /** Path of the sandbox's network namespace; none on the host's network, or if the sandbox is gone. */
    public Optional<String> netns(String sandboxId) {
        synchronized (namespaces) {
            Optional<String> known = namespaces.get(sandboxId);
            if (known != null) {
                return known;
            }
        }
        try {
            return remember(sandboxId, call(stub -> stub.podSandboxStatus(verboseStatus(sandboxId))));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return Optional.empty(); // removed since it was listed
            }
            throw e;
        }
    }

    /** Asks for what {@link #netns} will tell, and does not wait; if it fails, a look asks again. */
    public void prefetchNetns(String sandboxId) {
        RuntimeServiceGrpc.newStub(channel)
                .withDeadlineAfter(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS)
                .podSandboxStatus(verboseStatus(sandboxId), new StreamObserver<>() {
                    @Override
                    public void onNext(PodSandboxStatusResponse answer) {
                        remember(sandboxId, answer);
                    }

                    @Override
                    public void onError(Throwable failure) {
                        LOG.debug("sandbox {} does not tell its namespace yet", sandboxId, failure);
                    }

                    @Override
                    public void onCompleted() {
                        LOG.trace("sandbox {} told its namespace", sandboxId);
                    }
                });
    }

    private static PodSandboxStatusRequest verboseStatus(String sandboxId) {
        return PodSandboxStatusRequest.newBuilder()
                .setPodSandboxId(sandboxId)
                .setVerbose(true)
                .build();
    }

    private Optional<String> remember(String sandboxId, PodSandboxStatusResponse answer) {
        Optional<String> path = networkNamespace(answer.getInfoOrDefault("info", "{}"));
        if (path.isEmpty()) {
            return path; // a runtime that is still making the sandbox may not tell yet
        }
        synchronized (namespaces) {
            namespaces.put(sandboxId, path);
            if (namespaces.size() > REMEMBERED_NAMESPACES) {
                namespaces.remove(namespaces.keySet().iterator().next());
            }
        }
        return path;
    }

    /**
     * The path in the runtime's verbose answer, which CRI leaves to the runtime: both write the OCI runtime spec;
     * containerd without one (sandbox API shims) still has its own {@code sandboxMetadata}.
     */
    private Optional<String> networkNamespace(String info) {
        JsonNode details;
        try {
            details = json.readTree(info);
        } catch (JacksonException e) {
            LOG.debug("the runtime tells nothing of a sandbox that can be read: {}", e.getOriginalMessage());
            return Optional.empty();
        }
        for (JsonNode namespace : details.path("runtimeSpec").path("linux").path("namespaces")) {
            String path = namespace.path("path").asString("");
            if (namespace.path("type").asString("").equals("network") && !path.isEmpty()) {
                return Optional.of(path);
            }
        }
        String path = details.path("sandboxMetadata").path("NetNSPath").asString("");
        return path.isEmpty() ? Optional.empty() : Optional.of(path);
    }

    private <T> T call(Function<RuntimeServiceGrpc.RuntimeServiceBlockingStub, T> method) {
        try {
            T answer = method.apply(runtime.withDeadlineAfter(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS));
            dependency.answered();
            return answer;
        } catch (StatusRuntimeException e) {
            throw dependency.failed(e);
        }
    }

    /** A stream of the runtime's ended so. */
    void streamEnded(Status status) {
        LOG.debug("the stream of container events ended: {}", status);
        if (!status.isOk()) {
            LOG.debug("it ended by a failure", dependency.failed(status.asRuntimeException()));
        }
    }
}
