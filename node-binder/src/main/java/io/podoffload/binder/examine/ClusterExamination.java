package io.podoffload.binder.examine;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.podoffload.binder.diagnosis.ClusterFacts;
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

/** Reads the cluster. */
public final class ClusterExamination {

    private static final int NOT_FOUND = 404;
    private static final ResourceDefinitionContext NETWORKS = new ResourceDefinitionContext.Builder()
            .withGroup("k8s.cni.cncf.io")
            .withVersion("v1")
            .withKind("NetworkAttachmentDefinition")
            .withPlural("network-attachment-definitions")
            .withNamespaced(true)
            .build();
    private static final ResourceDefinitionContext SUBNETS = new ResourceDefinitionContext.Builder()
            .withGroup("kubeovn.io")
            .withVersion("v1")
            .withKind("Subnet")
            .withPlural("subnets")
            .withNamespaced(false)
            .build();

    private final KubernetesClient client;
    private final String namespace;
    private final Set<String> resources;

    /**
     * @param namespace that the webhook's policy is in
     * @param resources that stand for VFs, where there is no policy to read
     */
    public ClusterExamination(KubernetesClient client, String namespace, Set<String> resources) {
        this.client = client;
        this.namespace = namespace;
        this.resources = Set.copyOf(resources);
    }

    /** The networks of the profiles, {@code namespace/name}, and the resource of each. */
    private Map<String, String> profiles() {
        ConfigMap policy = client.configMaps()
                .inNamespace(namespace)
                .withName("pod-offload-policy")
                .get();
        if (policy == null) {
            return resources.stream().limit(1).collect(Collectors.toMap(any -> "default/default", Function.identity()));
        }
        JsonNode read = JsonMapper.shared()
                .valueToTree(Serialization.unmarshal(policy.getData().getOrDefault("policy.yaml", "{}"), Map.class));
        Map<String, String> profiles = new HashMap<>();
        read.path("profiles")
                .forEach(profile -> profiles.put(
                        profile.path("network").asString(""),
                        profile.path("resource").asString("")));
        return profiles;
    }

    public ClusterFacts facts() {
        Map<String, String> wanted = profiles();
        List<Node> nodes = client.nodes().list().getItems();
        Map<String, Long> allocatable = new HashMap<>();
        wanted.values()
                .forEach(resource -> allocatable.put(
                        resource,
                        nodes.stream()
                                .mapToLong(node -> allocatable(node, resource))
                                .sum()));
        return new ClusterFacts(networks(), wanted, subnetProviders(), allocatable, enableLb(), multus());
    }

    private static long allocatable(Node node, String resource) {
        return Optional.ofNullable(node.getStatus())
                .map(status -> status.getAllocatable().get(resource))
                .map(Quantity::getNumericalAmount)
                .map(Number::longValue)
                .orElse(0L);
    }

    private Optional<Map<String, ClusterFacts.Network>> networks() {
        return known(NETWORKS)
                .map(all -> all.stream()
                        .collect(Collectors.toMap(
                                one -> one.getMetadata().getNamespace() + "/"
                                        + one.getMetadata().getName(),
                                ClusterExamination::network)));
    }

    private static ClusterFacts.Network network(GenericKubernetesResource object) {
        String config =
                Optional.ofNullable(object.<String>get("spec", "config")).orElse("");
        String resource = Optional.ofNullable(object.getMetadata().getAnnotations())
                .map(annotations -> annotations.get("k8s.v1.cni.cncf.io/resourceName"))
                .orElse("");
        return new ClusterFacts.Network(provider(config), resource);
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
        return known(SUBNETS)
                .map(all -> all.stream()
                        .flatMap(one -> Optional.ofNullable(one.<String>get("spec", "provider")).stream())
                        .collect(Collectors.toSet()));
    }

    /** Empty where the cluster does not know the kind. */
    private Optional<List<GenericKubernetesResource>> known(ResourceDefinitionContext kind) {
        try {
            return Optional.of(
                    kind.isNamespaceScoped()
                            ? client.genericKubernetesResources(kind)
                                    .inAnyNamespace()
                                    .list()
                                    .getItems()
                            : client.genericKubernetesResources(kind).list().getItems());
        } catch (KubernetesClientException e) {
            if (e.getCode() == NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Of the Deployment kube-ovn-controller, wherever it is; false is what it takes where the argument is missing. */
    private Optional<Boolean> enableLb() {
        return client
                .apps()
                .deployments()
                .inAnyNamespace()
                .withLabel("app", "kube-ovn-controller")
                .list()
                .getItems()
                .stream()
                .map(one -> arguments(one.getSpec().getTemplate().getSpec().getContainers())
                        .noneMatch("--enable-lb=false"::equals))
                .findFirst();
    }

    private Optional<List<String>> multus() {
        return client.apps().daemonSets().inAnyNamespace().withLabel("app", "multus").list().getItems().stream()
                .map(one -> arguments(one.getSpec().getTemplate().getSpec().getContainers())
                        .toList())
                .findFirst();
    }

    private static Stream<String> arguments(List<Container> containers) {
        return containers.stream()
                .flatMap(container -> Stream.concat(container.getCommand().stream(), container.getArgs().stream()));
    }
}
