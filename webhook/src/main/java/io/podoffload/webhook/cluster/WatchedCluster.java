package io.podoffload.webhook.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.injection.Labels;
import io.podoffload.webhook.injection.NamespaceFacts;
import io.podoffload.webhook.injection.NetworkFacts;
import io.podoffload.webhook.injection.NetworkRef;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * The cluster as its API server tells of it: Namespaces, NetworkAttachmentDefinitions as long as that CRD exists, and the
 * reports of the node-binders. An API server that cannot be reached is asked again and again; until it answers, the view
 * waits.
 */
@Component
@Profile("!standalone")
final class WatchedCluster implements ClusterView, SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(WatchedCluster.class);
    private static final Duration PATIENCE = Duration.ofMillis(500);
    private static final String NETWORK_CRD = "network-attachment-definitions.k8s.cni.cncf.io";
    private static final ResourceDefinitionContext NETWORK = new ResourceDefinitionContext.Builder()
            .withGroup("k8s.cni.cncf.io")
            .withVersion("v1")
            .withKind("NetworkAttachmentDefinition")
            .withPlural("network-attachment-definitions")
            .withNamespaced(true)
            .build();
    private static final ResourceDefinitionContext CRD = new ResourceDefinitionContext.Builder()
            .withGroup("apiextensions.k8s.io")
            .withVersion("v1")
            .withKind("CustomResourceDefinition")
            .withPlural("customresourcedefinitions")
            .withNamespaced(false)
            .build();

    /** Read by Multus; says which device of the pod belongs to the network. */
    private static final String RESOURCE_NAME = "k8s.v1.cni.cncf.io/resourceName";

    private final KubernetesClient client;
    private final Arrivals arrivals = new Arrivals(PATIENCE);
    private final BinderReports reports;
    private final SharedIndexInformer<Namespace> namespaces;
    private final SharedIndexInformer<ConfigMap> reportConfigMaps;
    private final SharedIndexInformer<GenericKubernetesResource> networkCrd;
    private volatile @Nullable SharedIndexInformer<GenericKubernetesResource> networks;

    /** What has not been listed yet. */
    private final Set<String> unlisted =
            new ConcurrentSkipListSet<>(Set.of("Namespaces", "reports of node-binders", "CustomResourceDefinitions"));

    private final CompletableFuture<Void> known = new CompletableFuture<>();
    private volatile boolean running;

    WatchedCluster(KubernetesClient client, WebhookProperties properties, BinderReports reports) {
        this.client = client;
        this.reports = reports;
        namespaces = client.namespaces().runnableInformer(0);
        namespaces.addEventHandler(arrivals);
        reportConfigMaps = client.configMaps()
                .inNamespace(properties.namespace())
                .withLabel(BinderReports.REPORT, BinderReports.NODE)
                .runnableInformer(0);
        reportConfigMaps.addEventHandler(reports);
        networkCrd =
                client.genericKubernetesResources(CRD).withName(NETWORK_CRD).runnableInformer(0);
        networkCrd.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(GenericKubernetesResource crd) {
                watchNetworks();
            }

            @Override
            public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource crd) {
                watchNetworks();
            }

            @Override
            public void onDelete(GenericKubernetesResource crd, boolean finalStateUnknown) {
                forgetNetworks();
            }
        });
    }

    @Override
    public @Nullable NamespaceFacts namespace(String name) {
        Namespace namespace = namespaces.getStore().getByKey(name);
        if (namespace == null) {
            return null;
        }
        Map<String, String> labels = namespace.getMetadata().getLabels();
        Map<String, String> annotations = namespace.getMetadata().getAnnotations();
        return new NamespaceFacts(
                labels == null ? null : labels.get(Labels.POLICY),
                annotations == null ? null : annotations.get(Labels.PROFILE));
    }

    @Override
    public @Nullable NetworkFacts network(NetworkRef reference) {
        SharedIndexInformer<GenericKubernetesResource> informer = networks;
        GenericKubernetesResource network =
                informer == null ? null : informer.getStore().getByKey(reference.toString());
        if (network == null) {
            return null;
        }
        Map<String, String> annotations = network.getMetadata().getAnnotations();
        return new NetworkFacts(annotations == null ? null : annotations.get(RESOURCE_NAME));
    }

    @Override
    public boolean binderReports(String resource) {
        return reports.anyWith(resource);
    }

    @Override
    public Optional<String> waitingFor() {
        return unlisted.isEmpty() ? Optional.empty() : Optional.of("first list of " + String.join(", ", unlisted));
    }

    @Override
    public CompletableFuture<?> known() {
        return known;
    }

    @Override
    public CompletableFuture<?> awaitNamespace(String name) {
        return arrivals.await(name, known -> namespaces.getStore().getByKey(known) != null);
    }

    @Override
    public Optional<String> anyNamespace() {
        return namespaces.getStore().listKeys().stream().findFirst();
    }

    @Override
    public synchronized void start() {
        running = true;
        start("Namespaces", namespaces, () -> {});
        start("reports of node-binders", reportConfigMaps, () -> {});
        // The event may come later than the end of the list, and ready without the networks would be wrong.
        start("CustomResourceDefinitions", networkCrd, () -> {
            if (!networkCrd.getStore().listKeys().isEmpty()) {
                watchNetworks();
            }
        });
    }

    private void start(String what, SharedIndexInformer<?> informer, Runnable whenListed) {
        informer.exceptionHandler((started, failure) -> {
            LOG.warn("cannot watch {}, trying again: {}", what, failure.getMessage());
            return true;
        });
        var unused = informer.start().whenComplete((nothing, failure) -> {
            if (failure == null) {
                whenListed.run();
                unlisted.remove(what);
                LOG.debug("first list of {} is complete", what);
                if (unlisted.isEmpty()) {
                    known.complete(null);
                }
            } else if (running) {
                LOG.error("no longer trying to watch {}", what, failure);
            }
        });
    }

    private synchronized void watchNetworks() {
        if (running && networks == null) {
            LOG.info("watching NetworkAttachmentDefinitions");
            unlisted.add("NetworkAttachmentDefinitions");
            SharedIndexInformer<GenericKubernetesResource> informer =
                    client.genericKubernetesResources(NETWORK).inAnyNamespace().runnableInformer(0);
            networks = informer;
            start("NetworkAttachmentDefinitions", informer, () -> {});
        }
    }

    private synchronized void forgetNetworks() {
        SharedIndexInformer<GenericKubernetesResource> informer = networks;
        if (informer != null) {
            LOG.warn("the CustomResourceDefinition {} is gone; secondary networks count no VF", NETWORK_CRD);
            networks = null;
            informer.stop();
            unlisted.remove("NetworkAttachmentDefinitions");
        }
    }

    @Override
    public synchronized void stop() {
        running = false;
        namespaces.stop();
        reportConfigMaps.stop();
        networkCrd.stop();
        SharedIndexInformer<?> informer = networks;
        if (informer != null) {
            informer.stop();
        }
    }

    /** Whether each watch that was asked for is open. */
    boolean isWatching() {
        return Stream.of(namespaces, reportConfigMaps, networkCrd, networks)
                .filter(Objects::nonNull)
                .allMatch(SharedIndexInformer::isWatching);
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
