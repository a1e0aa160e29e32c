package io.podoffload.binder.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The pods of this node, watched. */
public final class NodePods implements AutoCloseable {

    private static final String CANNOT_WATCH =
            "cannot watch the pods of this node, trying again; check that the API server"
                    + " can be reached and that the binder's service account may list and watch pods";

    private static final String BY_UID = "uid";
    private static final String BY_INTEREST = "interest";
    private static final String HOLDERS = "holders";
    private static final String OPTED_IN = "opted-in";

    private final SharedIndexInformer<WatchedPod> informer;
    private final Set<String> resources;
    private final Watching watching;

    /**
     * @param resources extended resources that stand for VFs
     * @param onChange called with each pod that appears or changes
     * @param onGone called with each pod that is gone
     */
    public NodePods(
            KubernetesClient client,
            ApiServer api,
            String node,
            Set<String> resources,
            Consumer<PodView> onChange,
            Consumer<PodView> onGone) {
        this.resources = Set.copyOf(resources);
        informer = client.resources(WatchedPod.class)
                .inAnyNamespace()
                .withField("spec.nodeName", node)
                .runnableInformer(0);
        watching = new Watching(informer, api, CANNOT_WATCH);
        informer.addIndexers(Map.of(
                BY_UID, pod -> List.of(pod.getMetadata().getUid()), BY_INTEREST, pod -> interests(pod, resources)));
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(WatchedPod pod) {
                onChange.accept(new PodView(pod));
            }

            @Override
            public void onUpdate(WatchedPod before, WatchedPod pod) {
                if (!before.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
                    onGone.accept(
                            new PodView(before)); // after an interruption the next of its name may come as a change
                }
                onChange.accept(new PodView(pod));
            }

            @Override
            public void onDelete(WatchedPod pod, boolean finalStateUnknown) {
                onGone.accept(new PodView(pod));
            }
        });
    }

    /**
     * Begins to watch; an API server that is away is asked again and again.
     *
     * @return completes once the first list is complete; before that absence would mean nothing
     */
    public CompletionStage<Void> start() {
        return watching.start();
    }

    /** Of the pods. */
    public Watching watching() {
        return watching;
    }

    private static List<String> interests(WatchedPod pod, Set<String> resources) {
        PodView view = new PodView(pod);
        List<String> interests = new ArrayList<>();
        if (view.requestsAnyOf(resources)) {
            interests.add(HOLDERS);
        }
        if (view.optsIn() || view.waitsForBinding()) {
            interests.add(OPTED_IN);
        }
        return interests;
    }

    /** Whether the pod asks for a VF. */
    public boolean isHolder(PodView pod) {
        return pod.requestsAnyOf(resources);
    }

    /** The pods that ask for a VF and have not finished, so that each of them holds one or soon will. */
    public List<PodView> holders() {
        return indexed(HOLDERS);
    }

    /** The pods that carry the label or the readiness gate and have not finished. */
    public List<PodView> optedIn() {
        return indexed(OPTED_IN);
    }

    private List<PodView> indexed(String interest) {
        return informer.getIndexer().byIndex(BY_INTEREST, interest).stream()
                .map(PodView::new)
                .filter(pod -> !pod.finished())
                .toList();
    }

    public Optional<PodView> find(String namespace, String name) {
        return Optional.ofNullable(informer.getIndexer().getByKey(namespace + "/" + name))
                .map(PodView::new);
    }

    public Optional<PodView> findByUid(String uid) {
        return informer.getIndexer().byIndex(BY_UID, uid).stream().findFirst().map(PodView::new);
    }

    @Override
    public void close() {
        informer.stop();
    }
}
