package io.podoffload.binder.cri;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.Sandbox;
import io.podoffload.binder.cri.v1.ListPodSandboxRequest;
import io.podoffload.binder.cri.v1.PodSandbox;
import io.podoffload.binder.cri.v1.PodSandboxMetadata;
import io.podoffload.binder.cri.v1.PodSandboxState;
import io.podoffload.binder.cri.v1.PodSandboxStatusRequest;
import io.podoffload.binder.cri.v1.RuntimeServiceGrpc;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The pod sandboxes of the container runtime, containerd or CRI-O, over CRI v1. */
public final class Sandboxes {

    private static final int ANSWER_WITHIN_SECONDS = 10;

    private final RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime;
    private final JsonMapper json;

    public Sandboxes(ManagedChannel channel, JsonMapper json) {
        this.runtime = RuntimeServiceGrpc.newBlockingStub(channel);
        this.json = json;
    }

    /** The sandbox that runs the pod now: READY, and the newest if an old one lingers. */
    public Optional<Sandbox> newestReady(String namespace, String pod) {
        return list().stream()
                .filter(sandbox -> sandbox.getState() == PodSandboxState.SANDBOX_READY)
                .filter(sandbox -> sandbox.getMetadata().getNamespace().equals(namespace)
                        && sandbox.getMetadata().getName().equals(pod))
                .max(Comparator.comparingInt(
                                (PodSandbox sandbox) -> sandbox.getMetadata().getAttempt())
                        .thenComparingLong(PodSandbox::getCreatedAt))
                .flatMap(sandbox -> withNamespace(sandbox.getId()));
    }

    /** Whether the sandbox whose id begins with {@code id} is READY; not if the runtime does not know it. */
    public boolean isReady(String id) {
        return list().stream()
                .anyMatch(sandbox ->
                        sandbox.getId().startsWith(id) && sandbox.getState() == PodSandboxState.SANDBOX_READY);
    }

    /** Whether a READY sandbox other than {@code id} runs the pod with this uid. */
    public boolean isReplaced(String id, String podUid) {
        return list().stream()
                .anyMatch(sandbox -> sandbox.getMetadata().getUid().equals(podUid)
                        && !sandbox.getId().startsWith(id)
                        && sandbox.getState() == PodSandboxState.SANDBOX_READY);
    }

    private List<PodSandbox> list() {
        return runtime.withDeadlineAfter(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS)
                .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                .getItemsList();
    }

    private Optional<Sandbox> withNamespace(String id) {
        try {
            var response = runtime.withDeadlineAfter(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS)
                    .podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                            .setPodSandboxId(id)
                            .setVerbose(true)
                            .build());
            PodSandboxMetadata metadata = response.getStatus().getMetadata();
            return Optional.of(new Sandbox(
                    id,
                    new PodRef(metadata.getNamespace(), metadata.getName(), metadata.getUid()),
                    metadata.getAttempt(),
                    response.getStatus().getState() == PodSandboxState.SANDBOX_READY,
                    networkNamespace(response.getInfoOrDefault("info", "{}"))));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return Optional.empty(); // removed since it was listed
            }
            throw e;
        }
    }

    /**
     * The path in the runtime's verbose answer, which CRI leaves to the runtime: both write the OCI runtime spec;
     * containerd without one (sandbox API shims) still has its own {@code sandboxMetadata}.
     */
    private Optional<String> networkNamespace(String info) {
        JsonNode details = json.readTree(info);
        for (JsonNode namespace : details.path("runtimeSpec").path("linux").path("namespaces")) {
            String path = namespace.path("path").asString("");
            if (namespace.path("type").asString("").equals("network") && !path.isEmpty()) {
                return Optional.of(path);
            }
        }
        String path = details.path("sandboxMetadata").path("NetNSPath").asString("");
        return path.isEmpty() ? Optional.empty() : Optional.of(path);
    }
}
