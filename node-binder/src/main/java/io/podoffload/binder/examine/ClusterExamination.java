package io.podoffload.binder.examine;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.podoffload.binder.diagnosis.ClusterFacts;
import io.podoffload.binder.examine.ClusterObjects.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Finds in the cluster's objects what its checks look at. */
public final class ClusterExamination {

    private final ClusterObjects objects;
    private final Set<String> resources;

    /** @param resources that stand for VFs, where there is no policy to read */
    public ClusterExamination(ClusterObjects objects, Set<String> resources) {
        this.objects = objects;
        this.resources = Set.copyOf(resources);
    }

    public ClusterFacts facts() {
        Map<String, String> wanted = profiles();
        Map<String, Long> allocatable = new HashMap<>();
        wanted.values()
                .forEach(resource -> allocatable.put(
                        resource,
                        objects.all(Kind.NODE).stream()
                                .mapToLong(node -> allocatable(node, resource))
                                .sum()));
        return new ClusterFacts(networks(), wanted, subnetProviders(), allocatable, enableLb(), multus());
    }

    /** The networks of the profiles, {@code namespace/name}, and the resource of each. */
    private Map<String, String> profiles() {
        Optional<JsonNode> policy = objects.all(Kind.POLICY).stream().findFirst();
        if (policy.isEmpty()) {
            return resources.stream().limit(1).collect(Collectors.toMap(any -> "default/default", Function.identity()));
        }
        String yaml = policy.get().path("data").path("policy.yaml").asString("{}");
        JsonNode read = JsonMapper.shared().valueToTree(Serialization.unmarshal(yaml, Map.class));
        Map<String, String> profiles = new HashMap<>();
        read.path("profiles")
                .forEach(profile -> profiles.put(
                        profile.path("network").asString(""),
                        profile.path("resource").asString("")));
        return profiles;
    }

    private static long allocatable(JsonNode node, String resource) {
        String amount = node.path("status").path("allocatable").path(resource).asString("");
        return amount.isEmpty()
                ? 0
                : Quantity.parse(amount).getNumericalAmount().longValue();
    }

    private Optional<Map<String, ClusterFacts.Network>> networks() {
        return objects.of(Kind.NETWORK)
                .map(all -> all.stream()
                        .collect(Collectors.toMap(
                                one -> one.path("metadata").path("namespace").asString("") + "/"
                                        + one.path("metadata").path("name").asString(""),
                                ClusterExamination::network)));
    }

    private static ClusterFacts.Network network(JsonNode object) {
        return new ClusterFacts.Network(
                provider(object.path("spec").path("config").asString("")),
                object.path("metadata")
                        .path("annotations")
                        .path("k8s.v1.cni.cncf.io/resourceName")
                        .asString(""));
    }

    /** Of a single plugin, or of the first in a list. */
    private static String provider(String config) {
        try {
            JsonNode read = JsonMapper.shared().readTree(config);
            String single = read.path("provider").asString("");
            return single.isEmpty()
                    ? read.path("plugins").path(0).path("provider").asString("")
                    : single;
        } catch (JacksonException e) {
            return ""; // Multus says what is wrong with it
        }
    }

    private Optional<Set<String>> subnetProviders() {
        return objects.of(Kind.SUBNET)
                .map(all -> all.stream()
                        .map(one -> one.path("spec").path("provider").asString(""))
                        .filter(provider -> !provider.isEmpty())
                        .collect(Collectors.toSet()));
    }

    /** Of the Deployment kube-ovn-controller, wherever it is; true is what it takes where the argument is missing. */
    private Optional<Boolean> enableLb() {
        return objects.all(Kind.KUBE_OVN_CONTROLLER).stream()
                .map(one -> arguments(one).noneMatch("--enable-lb=false"::equals))
                .findFirst();
    }

    private Optional<List<String>> multus() {
        return objects.all(Kind.MULTUS).stream()
                .map(one -> arguments(one).toList())
                .findFirst();
    }

    private static Stream<String> arguments(JsonNode workload) {
        return workload.path("spec")
                .path("template")
                .path("spec")
                .path("containers")
                .valueStream()
                .flatMap(container -> Stream.concat(
                        container.path("command").valueStream(),
                        container.path("args").valueStream()))
                .map(argument -> argument.asString(""));
    }
}
