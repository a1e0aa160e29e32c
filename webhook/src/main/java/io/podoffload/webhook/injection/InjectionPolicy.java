package io.podoffload.webhook.injection;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a pod gets. Asked again with its own output applied, it patches nothing.
 *
 * @param profiles by name; one is {@link Profile#DEFAULT}
 */
public record InjectionPolicy(Conflict conflict, Map<String, Profile> profiles) {

    private static final Pattern COUNT = Pattern.compile("[0-9]{1,9}");

    /** One profile, that of the document this project implements. */
    public static final InjectionPolicy DEFAULT = new InjectionPolicy(
            Conflict.WARN,
            Map.of(
                    Profile.DEFAULT,
                    Profile.of(Profile.DEFAULT, "default/default", "mellanox.com/cx5_sriov_switchdev", true)));

    public InjectionPolicy {
        profiles = Collections.unmodifiableMap(new TreeMap<>(profiles)); // the same pod, the same answer
        if (!profiles.containsKey(Profile.DEFAULT)) {
            throw new IllegalArgumentException("there is no profile named default: pods that name none get that one");
        }
    }

    /**
     * Decides for one pod.
     *
     * @param namespace the Namespace it is created in
     */
    public Decision decide(PodFacts pod, Entry entry, String namespace, Cluster cluster) {
        if (pod.enabled() == null) {
            if (entry == Entry.LABEL) {
                return new Decision.NotOptedIn();
            }
        } else if (pod.enabled().equals("false")) {
            return new Decision.OptedOut();
        } else if (!pod.enabled().equals("true")) {
            return new Decision.InvalidLabel(pod.enabled());
        }
        NamespaceFacts facts = cluster.namespace(namespace);
        if (facts == null) {
            return new Decision.UnknownNamespace(namespace);
        }
        if (entry == Entry.LABEL && facts.never()) {
            return new Decision.NamespaceNever();
        }
        if (pod.mirror()) {
            return new Decision.MirrorPod();
        }
        if (pod.hostNetwork()) {
            return new Decision.HostNetwork();
        }
        if (!hasRegularContainer(pod)) {
            return new Decision.NoContainer();
        }
        String name =
                pod.profile() != null ? pod.profile() : facts.profile() != null ? facts.profile() : Profile.DEFAULT;
        Profile profile = profiles.get(name);
        return profile == null
                ? new Decision.UnknownProfile(name, List.copyOf(profiles.keySet()))
                : decide(pod, profile, namespace, facts, cluster);
    }

    private Decision decide(PodFacts pod, Profile profile, String namespace, NamespaceFacts facts, Cluster cluster) {
        if (!pod.defaultNetwork().absent()
                && !pod.defaultNetwork().isOnly(profile.network(), NetworkSelection.NAMESPACE_OF_MULTUS)) {
            return conflict(new Decision.OtherNetwork(
                    profile.name(), String.valueOf(pod.defaultNetwork().text()), profile.network()));
        }
        List<Notice> notices = new ArrayList<>();
        if (facts.misspelt()) {
            notices.add(new Notice.UnknownPolicy(String.valueOf(facts.policy())));
        }
        List<String> secondaries = resourcesOfSecondaries(pod, namespace, cluster, notices);
        String other = resourceOfAnotherProfile(pod, profile, secondaries);
        if (other != null) {
            return conflict(new Decision.OtherResource(profile.name(), other, profile.resource()));
        }
        int same = Collections.frequency(secondaries, profile.resource());
        if (same > 0) {
            notices.add(new Notice.SharedDevice());
        }
        NetworkFacts own = cluster.network(profile.network());
        if (own == null) {
            notices.add(new Notice.MissingNetwork(profile.network()));
        } else if (!profile.resource().equals(own.resource())) {
            notices.add(new Notice.NetworkWithoutResource(profile.network(), profile.resource()));
        }
        if (profile.readinessGate() && !cluster.binderReports(profile.resource())) {
            notices.add(new Notice.NoBinder(profile.resource()));
        }
        return decide(pod, profile, 1 + same, notices);
    }

    private Decision decide(PodFacts pod, Profile profile, int vfs, List<Notice> notices) {
        List<PatchOperation> patch = new ArrayList<>();
        if (pod.defaultNetwork().absent()) {
            patch.add(annotation(pod, profile.network().toString()));
        }
        List<ContainerFacts> holders = holders(pod, profile.resource());
        if (holders.isEmpty()) {
            ContainerFacts chosen = chosen(pod);
            if (chosen == null) {
                return new Decision.UnknownContainer(
                        String.valueOf(pod.container()),
                        pod.containers().stream().map(ContainerFacts::name).toList());
            }
            request(chosen, profile.resource(), Integer.toString(vfs), patch);
        } else {
            for (ContainerFacts holder : holders) {
                request(holder, profile.resource(), quantity(holder, profile), patch);
            }
            String asked = fewerThan(vfs, holders, profile);
            if (asked != null) {
                notices.add(new Notice.TooFew(asked, vfs));
            }
        }
        if (profile.readinessGate()) {
            gate(pod, patch);
        }
        return patch.isEmpty()
                ? new Decision.Complete(profile.name(), List.copyOf(notices))
                : new Decision.Inject(profile.name(), vfs, List.copyOf(patch), List.copyOf(notices));
    }

    private Decision conflict(Decision.Conflicting left) {
        return conflict == Conflict.DENY ? new Decision.Denied(left) : left;
    }

    /** One for each secondary network whose NetworkAttachmentDefinition carries one. */
    private static List<String> resourcesOfSecondaries(
            PodFacts pod, String namespace, Cluster cluster, List<Notice> notices) {
        List<NetworkSelection> selections = pod.networks().selections();
        if (selections == null) {
            notices.add(new Notice.UnreadableNetworks());
            return List.of();
        }
        List<String> resources = new ArrayList<>();
        for (NetworkSelection selection : selections) {
            NetworkRef network = selection.in(namespace);
            NetworkFacts facts = cluster.network(network);
            if (facts == null) {
                notices.add(new Notice.UnknownNetwork(network));
            } else if (facts.resource() != null) {
                resources.add(facts.resource());
            }
        }
        return resources;
    }

    /** A resource that a secondary network of the pod needs is no conflict. */
    private @Nullable String resourceOfAnotherProfile(PodFacts pod, Profile profile, List<String> secondaries) {
        for (Profile other : profiles.values()) {
            String resource = other.resource();
            if (!resource.equals(profile.resource())
                    && !secondaries.contains(resource)
                    && !holders(pod, resource).isEmpty()) {
                return resource;
            }
        }
        return null;
    }

    private static boolean hasRegularContainer(PodFacts pod) {
        for (ContainerFacts container : pod.containers()) {
            if (container.regular()) {
                return true;
            }
        }
        return false;
    }

    /** The containers that ask for {@code resource}. */
    private static List<ContainerFacts> holders(PodFacts pod, String resource) {
        List<ContainerFacts> holders = new ArrayList<>();
        for (ContainerFacts container : pod.containers()) {
            if (container.asksFor(resource)) {
                holders.add(container);
            }
        }
        return holders;
    }

    private static PatchOperation annotation(PodFacts pod, String network) {
        return pod.hasMetadata()
                ? PatchOperation.put("/metadata/annotations", pod.hasAnnotations(), Labels.DEFAULT_NETWORK, network)
                : new PatchOperation("/metadata", Map.of("annotations", Map.of(Labels.DEFAULT_NETWORK, network)));
    }

    /** The container that the pod names, else the first regular one; null where it names one that is not there. */
    private static @Nullable ContainerFacts chosen(PodFacts pod) {
        for (ContainerFacts container : pod.containers()) {
            if (pod.container() == null ? container.regular() : container.name().equals(pod.container())) {
                return container;
            }
        }
        return null;
    }

    private static String quantity(ContainerFacts holder, Profile profile) {
        return Objects.requireNonNull(holder.quantityOf(profile.resource()));
    }

    /** Adds whichever of limit and request is missing; the API server refuses one without the other. */
    private static void request(
            ContainerFacts container, String resource, String quantity, List<PatchOperation> patch) {
        String resources = container.path() + "/resources";
        if (!container.hasResources()) {
            Map<String, String> both = Map.of(resource, quantity);
            patch.add(new PatchOperation(resources, Map.of("limits", both, "requests", both)));
            return;
        }
        if (container.limits() == null || !container.limits().containsKey(resource)) {
            patch.add(PatchOperation.put(resources + "/limits", container.limits(), resource, quantity));
        }
        if (container.requests() == null || !container.requests().containsKey(resource)) {
            patch.add(PatchOperation.put(resources + "/requests", container.requests(), resource, quantity));
        }
    }

    /** What the pod asks for where that is fewer than {@code vfs}; null where it is enough, or written in another way. */
    private static @Nullable String fewerThan(int vfs, List<ContainerFacts> holders, Profile profile) {
        long sum = 0;
        for (ContainerFacts holder : holders) {
            String quantity = quantity(holder, profile);
            if (!COUNT.matcher(quantity).matches()) {
                return null;
            }
            sum += Long.parseLong(quantity);
        }
        return sum < vfs ? Long.toString(sum) : null;
    }

    private static void gate(PodFacts pod, List<PatchOperation> patch) {
        Map<String, String> gate = Map.of("conditionType", Labels.BOUND);
        if (pod.readinessGates() == null) {
            patch.add(new PatchOperation("/spec/readinessGates", List.of(gate)));
        } else if (!pod.readinessGates().contains(Labels.BOUND)) {
            patch.add(new PatchOperation("/spec/readinessGates/-", gate));
        }
    }
}
