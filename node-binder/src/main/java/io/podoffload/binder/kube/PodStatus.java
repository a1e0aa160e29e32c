package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.podoffload.binder.binding.PodRef;
import java.time.Clock;

/** What the binder writes on pods: conditions and Events. */
public final class PodStatus {

    static final String COMPONENT = "pod-offload-binder";

    private static final int GONE = 404;
    private static final int OTHER_UID = 409;

    private final KubernetesClient client;
    private final Clock clock;
    private final Events events;

    public PodStatus(KubernetesClient client, String node, Clock clock) {
        this.client = client;
        this.clock = clock;
        this.events = new Events(client, COMPONENT, node, clock);
    }

    /** Whether the pod went meanwhile, so that nobody is left to be told. */
    static boolean isGone(KubernetesClientException refusal) {
        return refusal.getCode() == GONE || refusal.getCode() == OTHER_UID;
    }

    /**
     * Server-side apply: conditions are merged by type, so others' conditions stay; the uid guards against a namesake.
     *
     * @param manager one for each type: what a manager does not apply again, it loses
     */
    void apply(PodRef pod, String manager, String type, String status, String reason, String message) {
        WatchedPod wanted = new WatchedPod();
        wanted.setMetadata(new ObjectMetaBuilder()
                .withNamespace(pod.namespace())
                .withName(pod.name())
                .withUid(pod.uid())
                .build());
        PodCondition condition = new PodConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(now())
                .build();
        wanted.setStatus(WatchedPod.Status.of(condition));
        client.resources(WatchedPod.class)
                .inNamespace(pod.namespace())
                .withName(pod.name())
                .subresource("status")
                .patch(
                        new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager(manager)
                                .withForce(true)
                                .build(),
                        wanted);
    }

    /** An Event. */
    void tell(PodRef pod, boolean good, String reason, String message) {
        events.tell(
                new ObjectReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withNamespace(pod.namespace())
                        .withName(pod.name())
                        .withUid(pod.uid())
                        .build(),
                pod.namespace(),
                good,
                reason,
                message);
    }

    private String now() {
        return Events.time(clock);
    }
}
