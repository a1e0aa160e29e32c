package io.podoffload.binder.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The Node that this binder runs on, watched. */
public final class ThisNode implements AutoCloseable {

    private final String name;
    private final SharedIndexInformer<WatchedNode> informer;
    private final Watching watching;

    public ThisNode(KubernetesClient client, ApiServer api, String name) {
        this.name = name;
        this.informer = client.resources(WatchedNode.class)
                .withField("metadata.name", name)
                .runnableInformer(0);
        this.watching = new Watching(
                informer,
                api,
                "cannot watch the Node of this binder, trying again; check that the API server can be reached and that the"
                        + " binder's service account may list and watch nodes");
    }

    /** @param onChange called when it appeared, changed or went */
    void listen(Runnable onChange) {
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(WatchedNode found) {
                onChange.run();
            }

            @Override
            public void onUpdate(WatchedNode before, WatchedNode found) {
                onChange.run();
            }

            @Override
            public void onDelete(WatchedNode gone, boolean finalStateUnknown) {
                onChange.run();
            }
        });
    }

    /** @return completes once it is known */
    public CompletionStage<Void> start() {
        return watching.start();
    }

    public Watching watching() {
        return watching;
    }

    String name() {
        return name;
    }

    /** Empty if the API server has no such Node. */
    Optional<WatchedNode> object() {
        return Optional.ofNullable(informer.getStore().getByKey(name));
    }

    /** The value of a label. */
    public Optional<String> label(String key) {
        return object().flatMap(node -> {
            @Nullable Map<String, String> labels = node.getMetadata().getLabels();
            return labels == null ? Optional.empty() : Optional.ofNullable(labels.get(key));
        });
    }

    @Override
    public void close() {
        informer.stop();
    }
}
