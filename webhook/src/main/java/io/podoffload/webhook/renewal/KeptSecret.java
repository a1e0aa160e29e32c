package io.podoffload.webhook.renewal;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.podoffload.certs.renewal.Keyring;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The Secret that all replicas share. Only this class sees it encoded. */
final class KeptSecret {

    private final KubernetesClient client;
    private final String namespace;
    private final String name;

    KeptSecret(KubernetesClient client, String namespace, String name) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
    }

    private Resource<Secret> resource() {
        return client.secrets().inNamespace(namespace).withName(name);
    }

    /** What the API server has now; null if there is none. */
    @Nullable
    Secret read() {
        return resource().get();
    }

    /** Damaged entries are as good as missing. */
    static Keyring keyring(@Nullable Secret secret) {
        if (secret == null || secret.getData() == null) {
            return Keyring.EMPTY;
        }
        Map<String, String> entries = new HashMap<>();
        secret.getData().forEach((entry, encoded) -> entries.put(entry, EncodedPem.decoded(encoded)));
        return Keyring.read(entries);
    }

    /**
     * Creates the Secret, or replaces what {@code before} was, and nothing newer. It belongs to the webhook configuration, and
     * is collected with it.
     */
    void write(@Nullable Secret before, Keyring keyring, MutatingWebhookConfiguration owner) {
        Map<String, String> data = new HashMap<>();
        keyring.entries().forEach((entry, text) -> data.put(entry, EncodedPem.of(text)));
        if (before != null) {
            client.resource(new SecretBuilder(before).withData(data).build())
                    .lockResourceVersion(before.getMetadata().getResourceVersion())
                    .update();
            return;
        }
        client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .addToLabels("app.kubernetes.io/name", "pod-offload")
                        .addToLabels("app.kubernetes.io/managed-by", "pod-offload-webhook")
                        .withOwnerReferences(CaBundle.ownership(owner))
                        .endMetadata()
                        .withType("Opaque")
                        .withData(data)
                        .build())
                .create();
    }

    /** Tells of each state of the Secret, of its deletion as of an empty one. */
    SharedIndexInformer<Secret> watch(Consumer<Keyring> watcher) {
        SharedIndexInformer<Secret> informer = resource().runnableInformer(0);
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(Secret secret) {
                watcher.accept(keyring(secret));
            }

            @Override
            public void onUpdate(Secret before, Secret secret) {
                watcher.accept(keyring(secret));
            }

            @Override
            public void onDelete(Secret secret, boolean finalStateUnknown) {
                watcher.accept(Keyring.EMPTY);
            }
        });
        return informer;
    }
}
