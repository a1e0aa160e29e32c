package io.podoffload.webhook.injection;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A cluster with the Namespaces {@code shop} (plain), {@code edge} (always), {@code quiet} (never), {@code typo} and
 * {@code blue} (profile bluefield), and the networks of both profiles and {@code shop/fast}, {@code shop/slow}.
 */
public record KnownCluster(
        Map<String, NamespaceFacts> namespaces, Map<NetworkRef, NetworkFacts> networks, Set<String> reported)
        implements Cluster {

    static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";
    static final String OTHER_RESOURCE = "nvidia.com/bf3";

    /** As above, with a node-binder on a node of each resource. */
    public static KnownCluster usual() {
        return new KnownCluster(
                Map.of(
                        "shop", NamespaceFacts.PLAIN,
                        "edge", new NamespaceFacts("always", null),
                        "quiet", new NamespaceFacts("never", null),
                        "typo", new NamespaceFacts("alwyas", null),
                        "blue", new NamespaceFacts(null, "bluefield")),
                Map.of(
                        new NetworkRef("default", "default"), new NetworkFacts(RESOURCE),
                        new NetworkRef("kube-system", "bluefield"), new NetworkFacts(OTHER_RESOURCE),
                        new NetworkRef("shop", "fast"), new NetworkFacts(RESOURCE),
                        new NetworkRef("shop", "blue"), new NetworkFacts(OTHER_RESOURCE),
                        new NetworkRef("shop", "slow"), new NetworkFacts(null)),
                Set.of(RESOURCE, OTHER_RESOURCE));
    }

    KnownCluster withNetwork(String namespace, String name, @Nullable NetworkFacts facts) {
        Map<NetworkRef, NetworkFacts> changed = new HashMap<>(networks);
        changed.remove(new NetworkRef(namespace, name));
        if (facts != null) {
            changed.put(new NetworkRef(namespace, name), facts);
        }
        return new KnownCluster(namespaces, changed, reported);
    }

    KnownCluster withoutBinders() {
        return new KnownCluster(namespaces, networks, Set.of());
    }

    /** The two profiles that the networks above belong to. */
    public static InjectionPolicy policy(Conflict conflict) {
        return new InjectionPolicy(
                conflict,
                Map.of(
                        "default", Profile.of("default", "default/default", RESOURCE, true),
                        "bluefield", Profile.of("bluefield", "kube-system/bluefield", OTHER_RESOURCE, false)));
    }

    @Override
    public @Nullable NamespaceFacts namespace(String name) {
        return namespaces.get(name);
    }

    @Override
    public @Nullable NetworkFacts network(NetworkRef network) {
        return networks.get(network);
    }

    @Override
    public boolean binderReports(String resource) {
        return reported.contains(resource);
    }
}
