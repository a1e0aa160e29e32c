package io.podoffload.sim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What kinds of objects there are, as clients ask that know none of them, such as Helm and kubectl.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api">Discovery</a>
 */
final class Discovery {

    private static final JsonMapper JSON = JsonMapper.shared();

    /** The Protobuf message of no schema at all: Helm then validates nothing. */
    private static final String NO_SCHEMAS = "";

    private record Kind(String groupVersion, String plural, String kind, boolean namespaced, List<String> shortNames) {

        Kind(String groupVersion, String plural, String kind, boolean namespaced) {
            this(groupVersion, plural, kind, namespaced, List.of());
        }

        String group() {
            return groupVersion.contains("/") ? groupVersion.split("/", -1)[0] : "";
        }
    }

    private static final List<Kind> KINDS = List.of(
            new Kind("v1", "namespaces", "Namespace", false),
            new Kind("v1", "nodes", "Node", false),
            new Kind("v1", "pods", "Pod", true, List.of("po")),
            new Kind("v1", "services", "Service", true),
            new Kind("v1", "secrets", "Secret", true),
            new Kind("v1", "configmaps", "ConfigMap", true),
            new Kind("v1", "serviceaccounts", "ServiceAccount", true),
            new Kind("apps/v1", "deployments", "Deployment", true, List.of("deploy")),
            new Kind("apps/v1", "daemonsets", "DaemonSet", true, List.of("ds")),
            new Kind("batch/v1", "jobs", "Job", true),
            new Kind("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", true),
            new Kind("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", true),
            new Kind("rbac.authorization.k8s.io/v1", "roles", "Role", true),
            new Kind("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", true),
            new Kind("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", false),
            new Kind("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", false),
            new Kind(
                    "admissionregistration.k8s.io/v1",
                    "mutatingwebhookconfigurations",
                    "MutatingWebhookConfiguration",
                    false),
            new Kind("k8s.cni.cncf.io/v1", "network-attachment-definitions", "NetworkAttachmentDefinition", true),
            new Kind("kubeovn.io/v1", "subnets", "Subnet", false));

    private Discovery() {}

    /**
     * The answer to a GET of {@code path}; null if it asks for something else.
     *
     * @param absent groups that this cluster does not have, since nothing was installed that brings them
     */
    static @Nullable String answer(String path, Set<String> absent) {
        return switch (path) {
            case "/version" -> "{\"major\":\"1\",\"minor\":\"34\",\"gitVersion\":\"v1.34.0\"}";
            case "/api" -> "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}";
            case "/apis" -> groups(absent);
            case "/openapi/v2" -> NO_SCHEMAS;
            case "/api/v1" -> resources("v1");
            default ->
                path.matches("/apis/[^/]+/[^/]+") && !absent.contains(path.split("/", -1)[2])
                        ? resources(path.substring("/apis/".length()))
                        : null;
        };
    }

    private static String groups(Set<String> absent) {
        ObjectNode list = JSON.createObjectNode().put("kind", "APIGroupList").put("apiVersion", "v1");
        ArrayNode groups = list.putArray("groups");
        Map<String, String> versions = new LinkedHashMap<>();
        KINDS.stream()
                .filter(kind -> !kind.group().isEmpty() && !absent.contains(kind.group()))
                .forEach(kind -> versions.put(kind.group(), kind.groupVersion()));
        versions.forEach((name, groupVersion) -> {
            ObjectNode group = groups.addObject().put("name", name);
            ObjectNode version = JSON.createObjectNode()
                    .put("groupVersion", groupVersion)
                    .put("version", groupVersion.split("/", -1)[1]);
            group.putArray("versions").add(version);
            group.set("preferredVersion", version.deepCopy());
        });
        return list.toString();
    }

    private static @Nullable String resources(String groupVersion) {
        ObjectNode list = JSON.createObjectNode()
                .put("kind", "APIResourceList")
                .put("apiVersion", "v1")
                .put("groupVersion", groupVersion);
        ArrayNode resources = list.putArray("resources");
        KINDS.stream().filter(kind -> kind.groupVersion().equals(groupVersion)).forEach(kind -> {
            ObjectNode resource = resources
                    .addObject()
                    .put("name", kind.plural())
                    .put("singularName", "")
                    .put("kind", kind.kind())
                    .put("namespaced", kind.namespaced());
            kind.shortNames().forEach(resource.putArray("shortNames")::add);
            List.of("create", "delete", "get", "list", "patch", "update", "watch")
                    .forEach(resource.putArray("verbs")::add);
        });
        return resources.isEmpty() ? null : list.toString();
    }
}
