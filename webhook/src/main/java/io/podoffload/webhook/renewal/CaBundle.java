package io.podoffload.webhook.renewal;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.podoffload.certs.renewal.Keyring;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/**
 * Whom the API server trusts: the caBundle in each entry of the MutatingWebhookConfiguration.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#contacting-the-webhook">Contacting the webhook</a>
 */
final class CaBundle {

    private final KubernetesClient client;
    private final String name;

    CaBundle(KubernetesClient client, String name) {
        this.client = client;
        this.name = name;
    }

    private Resource<MutatingWebhookConfiguration> resource() {
        return client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName(name);
    }

    /** What the API server has now; null if there is none. */
    @Nullable
    MutatingWebhookConfiguration read() {
        return resource().get();
    }

    /** By which an object goes with the configuration. */
    static OwnerReference ownership(MutatingWebhookConfiguration configuration) {
        return new OwnerReferenceBuilder()
                .withApiVersion(configuration.getApiVersion())
                .withKind(configuration.getKind())
                .withName(configuration.getMetadata().getName())
                .withUid(configuration.getMetadata().getUid())
                .build();
    }

    /** Whether each entry has exactly this bundle. */
    static boolean isIn(MutatingWebhookConfiguration configuration, String bundle) {
        return !bundle.isEmpty()
                && configuration.getWebhooks().stream()
                        .allMatch(entry -> EncodedPem.of(bundle)
                                .equals(entry.getClientConfig().getCaBundle()));
    }

    /** The certificates that each entry has. */
    static List<X509Certificate> trusted(MutatingWebhookConfiguration configuration) {
        Set<X509Certificate> everywhere = null;
        for (MutatingWebhook entry : configuration.getWebhooks()) {
            Set<X509Certificate> here = new HashSet<>(
                    Keyring.readable(EncodedPem.decoded(entry.getClientConfig().getCaBundle())));
            if (everywhere == null) {
                everywhere = here;
            } else {
                everywhere.retainAll(here);
            }
        }
        return everywhere == null ? List.of() : List.copyOf(everywhere);
    }

    /** Each entry is named in the patch, so that a configuration that was changed meanwhile is not damaged. */
    void write(MutatingWebhookConfiguration configuration, String bundle) {
        ArrayNode patch = JsonMapper.shared().createArrayNode();
        for (int index = 0; index < configuration.getWebhooks().size(); index++) {
            String entry = "/webhooks/" + index;
            patch.addObject()
                    .put("op", "test")
                    .put("path", entry + "/name")
                    .put("value", configuration.getWebhooks().get(index).getName());
            patch.addObject()
                    .put("op", "add")
                    .put("path", entry + "/clientConfig/caBundle")
                    .put("value", EncodedPem.of(bundle));
        }
        resource().patch(PatchContext.of(PatchType.JSON), patch.toString());
    }

    /** Tells of each state of the configuration; of its deletion nothing needs to be known. */
    SharedIndexInformer<MutatingWebhookConfiguration> watch(Consumer<MutatingWebhookConfiguration> watcher) {
        SharedIndexInformer<MutatingWebhookConfiguration> informer = resource().runnableInformer(0);
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(MutatingWebhookConfiguration configuration) {
                watcher.accept(configuration);
            }

            @Override
            public void onUpdate(MutatingWebhookConfiguration before, MutatingWebhookConfiguration configuration) {
                watcher.accept(configuration);
            }

            @Override
            public void onDelete(MutatingWebhookConfiguration configuration, boolean finalStateUnknown) {}
        });
        return informer;
    }
}
