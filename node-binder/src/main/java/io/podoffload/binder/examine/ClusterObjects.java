package io.podoffload.binder.examine;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;

/**
 * The objects of the cluster that its checks need.
 *
 * @param known by kind; a kind that the cluster does not have is not in it
 */
public record ClusterObjects(Map<Kind, List<JsonNode>> known) {

    /** Of which kinds, and which of them. */
    public enum Kind {
        POLICY("", "v1", "ConfigMap", "configmaps", null),
        NODE("", "v1", "Node", "nodes", null),
        NETWORK("k8s.cni.cncf.io", "v1", "NetworkAttachmentDefinition", "network-attachment-definitions", null),
        SUBNET("kubeovn.io", "v1", "Subnet", "subnets", null),
        KUBE_OVN_CONTROLLER("apps", "v1", "Deployment", "deployments", "kube-ovn-controller"),
        MULTUS("apps", "v1", "DaemonSet", "daemonsets", "multus");

        private final String group;
        private final String version;
        private final String name;
        private final String plural;
        private final @Nullable String app;

        Kind(String group, String version, String name, String plural, @Nullable String app) {
            this.group = group;
            this.version = version;
            this.name = name;
            this.plural = plural;
            this.app = app;
        }

        private ResourceDefinitionContext context() {
            return new ResourceDefinitionContext.Builder()
                    .withGroup(group)
                    .withVersion(version)
                    .withKind(name)
                    .withPlural(plural)
                    .withNamespaced(this != NODE && this != SUBNET)
                    .build();
        }
    }

    static final String POLICY_NAME = "pod-offload-policy";

    public ClusterObjects {
        known = Map.copyOf(known);
    }

    /** Empty where the cluster does not have the kind. */
    Optional<List<JsonNode>> of(Kind kind) {
        return Optional.ofNullable(known.get(kind));
    }

    /** Every cluster has nodes, so that without them nothing was read. */
    public boolean haveNodes() {
        return known.containsKey(Kind.NODE);
    }

    List<JsonNode> all(Kind kind) {
        return known.getOrDefault(kind, List.of());
    }

    /**
     * Asks the API server.
     *
     * @param namespace that the webhook's policy is in
     * @throws KubernetesClientException if it refuses or does not answer
     */
    public static ClusterObjects read(KubernetesClient client, String namespace) {
        Map<Kind, List<JsonNode>> known = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            try {
                known.put(kind, kind == Kind.POLICY ? policy(client, namespace) : list(client, kind));
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                    throw e;
                }
            }
        }
        return new ClusterObjects(known);
    }

    /** By its name, since an account may have no right to list. */
    private static List<JsonNode> policy(KubernetesClient client, String namespace) {
        return Optional.ofNullable(client.genericKubernetesResources(Kind.POLICY.context())
                        .inNamespace(namespace)
                        .withName(POLICY_NAME)
                        .get())
                .map(ClusterObjects::json)
                .stream()
                .toList();
    }

    private static List<JsonNode> list(KubernetesClient client, Kind kind) {
        var everywhere = client.genericKubernetesResources(kind.context());
        var all = kind.context().isNamespaceScoped() ? everywhere.inAnyNamespace() : everywhere;
        String app = kind.app;
        return (app == null ? all : all.withLabel("app", app))
                .list().getItems().stream().map(ClusterObjects::json).toList();
    }

    private static JsonNode json(Object object) {
        return JsonMapper.shared().valueToTree(object);
    }

    /**
     * Reads JSON documents, one after the other: objects, and lists as kubectl prints them. A list {@code SubnetList} without items says
     * that the cluster has the kind Subnet.
     *
     * @throws IllegalArgumentException if it is no JSON
     */
    public static ClusterObjects parse(InputStream documents) throws IOException {
        Map<Kind, List<JsonNode>> known = new EnumMap<>(Kind.class);
        try (MappingIterator<JsonNode> all =
                JsonMapper.shared().readerFor(JsonNode.class).readValues(documents)) {
            while (all.hasNext()) {
                add(all.next(), known);
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException("the objects of the cluster are no JSON: " + e.getOriginalMessage(), e);
        }
        return new ClusterObjects(known);
    }

    private static void add(JsonNode document, Map<Kind, List<JsonNode>> known) {
        String name = document.path("kind").asString("");
        String ofItems = name.endsWith("List") ? name.substring(0, name.length() - "List".length()) : name;
        for (Kind kind : Kind.values()) {
            if (kind.name.equals(ofItems)) {
                known.computeIfAbsent(kind, any -> new ArrayList<>());
            }
        }
        if (!document.has("items")) {
            addOne(name, document, known);
        }
        for (JsonNode item : document.path("items")) {
            if (!item.isNull()) {
                addOne(item.path("kind").asString(ofItems), item, known);
            }
        }
    }

    private static void addOne(String name, JsonNode object, Map<Kind, List<JsonNode>> known) {
        for (Kind kind : Kind.values()) {
            if (kind.name.equals(name) && isMeant(kind, object.path("metadata"))) {
                known.computeIfAbsent(kind, any -> new ArrayList<>()).add(object);
            }
        }
    }

    private static boolean isMeant(Kind kind, JsonNode metadata) {
        return kind == Kind.POLICY
                ? metadata.path("name").asString("").equals(POLICY_NAME)
                : kind.app == null
                        || metadata.path("labels").path("app").asString("").equals(kind.app);
    }
}
