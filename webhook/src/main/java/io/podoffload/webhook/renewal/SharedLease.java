package io.podoffload.webhook.renewal;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;

/**
 * The Lease that all replicas share. A change is refused with 409 if the Lease is no longer what {@code before} was, and with
 * 404 if it is gone: by a patch, because an update of a Lease that is gone creates it.
 */
final class SharedLease {

    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final Duration heldFor;

    SharedLease(KubernetesClient client, String namespace, String name, Duration heldFor) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
        this.heldFor = heldFor;
    }

    private Resource<Lease> resource() {
        return client.leases().inNamespace(namespace).withName(name);
    }

    private static ZonedDateTime now() {
        return ZonedDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
    }

    /** It belongs to the webhook configuration, and is collected with it. */
    Lease create(String holder, MutatingWebhookConfiguration owner) {
        return client.resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .addToLabels("app.kubernetes.io/name", "pod-offload")
                        .addToLabels("app.kubernetes.io/managed-by", "pod-offload-webhook")
                        .withOwnerReferences(CaBundle.ownership(owner))
                        .endMetadata()
                        .withSpec(acquired(holder, 0))
                        .build())
                .create();
    }

    Lease take(Lease before, String holder) {
        Integer transitions = before.getSpec().getLeaseTransitions();
        return patch(before, acquired(holder, transitions == null ? 1 : transitions + 1));
    }

    private LeaseSpec acquired(String holder, int transitions) {
        ZonedDateTime now = now();
        return new LeaseSpecBuilder()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds((int) heldFor.toSeconds())
                .withAcquireTime(now)
                .withRenewTime(now)
                .withLeaseTransitions(transitions)
                .build();
    }

    Lease renew(Lease before) {
        return patch(before, new LeaseSpecBuilder().withRenewTime(now()).build());
    }

    /** Held by no replica, as client-go writes it. */
    Lease giveBack(Lease before) {
        return patch(
                before,
                new LeaseSpecBuilder()
                        .withHolderIdentity("")
                        .withRenewTime(now())
                        .build());
    }

    /** One request: a patch that is given as text reads the object first. */
    private Lease patch(Lease before, LeaseSpec changes) {
        return client.resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .withResourceVersion(before.getMetadata().getResourceVersion())
                        .endMetadata()
                        .withSpec(changes)
                        .build())
                .patch(MERGE);
    }

    /** Its store has the Lease, if there is one. */
    SharedIndexInformer<Lease> watch() {
        return resource().runnableInformer(0);
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
