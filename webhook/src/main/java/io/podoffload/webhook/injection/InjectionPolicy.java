package io.podoffload.webhook.injection;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decides what a pod gets. Asked again with its own output applied, it answers {@link Decision.Complete}. */
public record InjectionPolicy(Profile profile) {

    private static final String ONE = "1";

    public Decision decide(PodFacts pod) {
        @Nullable String enabled = pod.labels().get(Labels.ENABLED);
        if (enabled == null) {
            return new Decision.NotOptedIn();
        }
        if (enabled.equals("false")) {
            return new Decision.OptedOut();
        }
        if (!enabled.equals("true")) {
            return new Decision.InvalidLabel(enabled);
        }
        if (pod.annotations().containsKey(Labels.MIRROR)) {
            return new Decision.MirrorPod();
        }
        if (pod.hostNetwork()) {
            return new Decision.HostNetwork();
        }
        @Nullable String network = pod.annotations().get(Labels.DEFAULT_NETWORK);
        if (network != null && !network.equals(profile.network())) {
            return new Decision.OtherNetwork(network, profile.network());
        }
        if (pod.containers().isEmpty()) {
            return new Decision.NoContainer();
        }
        List<PatchOperation> patch = new ArrayList<>();
        if (network == null) {
            patch.add(PatchOperation.put(
                    "/metadata/annotations", pod.annotations(), Labels.DEFAULT_NETWORK, profile.network()));
        }
        patch.addAll(request(pod.containers()));
        return patch.isEmpty() ? new Decision.Complete() : new Decision.Inject(patch);
    }

    /** A container that asks for the resource already is completed; else the first one gets the request. */
    private List<PatchOperation> request(List<ContainerFacts> containers) {
        String resource = profile.resource();
        ContainerFacts container = containers.stream()
                .filter(candidate -> candidate.asksFor(resource))
                .findFirst()
                .orElse(containers.get(0));
        String quantity = container.quantityOf(resource, ONE);
        String resources = container.path() + "/resources";
        if (!container.hasResources()) {
            Map<String, String> one = Map.of(resource, quantity);
            return List.of(new PatchOperation(resources, Map.of("limits", one, "requests", one)));
        }
        List<PatchOperation> patch = new ArrayList<>();
        if (!container.limits().containsKey(resource)) {
            patch.add(PatchOperation.put(resources + "/limits", container.limits(), resource, quantity));
        }
        if (!container.requests().containsKey(resource)) {
            patch.add(PatchOperation.put(resources + "/requests", container.requests(), resource, quantity));
        }
        return patch;
    }
}
