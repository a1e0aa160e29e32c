package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Who may do what, by Roles, ClusterRoles and their bindings. Whoever shows no token is the administrator, who may
 * act as anybody ({@code kubectl --as}); the token of a ServiceAccount is its name here.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/rbac/">RBAC</a>
 */
final class Rbac {

    static final String ACCOUNT = "system:serviceaccount:";

    private final Map<String, List<PolicyRule>> rules = new ConcurrentHashMap<>();
    private final List<Grant> grants = new CopyOnWriteArrayList<>();
    private final Set<String> used = new ConcurrentSkipListSet<>();
    private final Set<String> denied = new ConcurrentSkipListSet<>();

    /** One rule for one ServiceAccount or person, everywhere or in one Namespace. */
    private record Grant(String account, @Nullable String namespace, PolicyRule rule, String binding) {

        boolean allows(String by, RequestAttributes request) {
            return account.equals(by)
                    && (namespace == null || namespace.equals(request.namespace()))
                    && rule.getApiGroups().contains(request.group())
                    && rule.getResources().contains(request.resource())
                    && rule.getVerbs().contains(request.verb())
                    && (rule.getResourceNames().isEmpty()
                            || rule.getResourceNames().contains(request.name()));
        }

        Stream<String> names() {
            return rule.getVerbs().stream()
                    .flatMap(verb -> rule.getResources().stream().map(resource -> name(account, verb, resource, rule)));
        }

        static String name(String account, String verb, String resource, PolicyRule rule) {
            return account + " " + verb + " " + resource
                    + (rule.getResourceNames().isEmpty() ? "" : " " + rule.getResourceNames());
        }
    }

    /** Takes in what is created, if it is a role or a binding; a binding comes after its role. */
    void created(String json) {
        String kind = JsonMapper.shared().readTree(json).path("kind").asString("");
        switch (kind) {
            case "ClusterRole" -> {
                ClusterRole role = Serialization.unmarshal(json, ClusterRole.class);
                rules.put(key(kind, role.getMetadata().getName(), null), role.getRules());
            }
            case "Role" -> {
                Role role = Serialization.unmarshal(json, Role.class);
                rules.put(
                        key(
                                kind,
                                role.getMetadata().getName(),
                                role.getMetadata().getNamespace()),
                        role.getRules());
            }
            case "ClusterRoleBinding" -> {
                ClusterRoleBinding binding = Serialization.unmarshal(json, ClusterRoleBinding.class);
                grant(
                        binding.getRoleRef(),
                        binding.getSubjects(),
                        null,
                        binding.getMetadata().getName());
            }
            case "RoleBinding" -> {
                RoleBinding binding = Serialization.unmarshal(json, RoleBinding.class);
                grant(
                        binding.getRoleRef(),
                        binding.getSubjects(),
                        binding.getMetadata().getNamespace(),
                        binding.getMetadata().getName());
            }
            default -> {}
        }
    }

    /** Takes in what is deleted, if it is a RoleBinding: what it granted is granted no more. */
    void deleted(RecordedRequest request) {
        RequestAttributes attributes = RequestAttributes.of(request);
        if (attributes != null && attributes.resource().equals("rolebindings")) {
            grants.removeIf(grant -> grant.binding().equals(attributes.name())
                    && Objects.equals(grant.namespace(), attributes.namespace()));
        }
    }

    private static String key(String kind, String name, @Nullable String namespace) {
        return kind + " " + (kind.equals("Role") ? namespace + "/" : "") + name;
    }

    private void grant(RoleRef role, List<Subject> subjects, @Nullable String namespace, String binding) {
        List<PolicyRule> granted = rules.get(key(role.getKind(), role.getName(), namespace));
        if (granted == null) {
            throw new IllegalStateException("there is no " + role);
        }
        for (PolicyRule rule : granted) {
            subjects.forEach(subject -> grants.add(new Grant(account(subject), namespace, rule, binding)));
        }
    }

    private static String account(Subject subject) {
        return subject.getKind().equals("User")
                ? subject.getName()
                : ACCOUNT + subject.getNamespace() + ":" + subject.getName();
    }

    /** Who asks; null for the administrator. */
    static @Nullable String user(RecordedRequest request) {
        String account = account(request.getHeader("Authorization"));
        return account == null ? request.getHeader("Impersonate-User") : account;
    }

    /** The service account of a header Authorization. */
    static @Nullable String account(@Nullable String authorization) {
        String token = String.valueOf(authorization).replaceFirst("^Bearer ", "");
        return token.startsWith(ACCOUNT) ? token : null;
    }

    /** Why the request is refused; null where it is not. */
    @Nullable
    String refusal(RecordedRequest request) {
        String user = user(request);
        RequestAttributes attributes = RequestAttributes.of(request);
        if (user == null || attributes == null) {
            return null;
        }
        String refusal = refusal(user, attributes);
        // a websocket begins with a GET, and since Kubernetes 1.35 that is not enough to run programs
        return refusal == null && attributes.resource().equals("pods/exec")
                ? refusal(user, attributes.with("create"))
                : refusal;
    }

    private @Nullable String refusal(String user, RequestAttributes attributes) {
        for (Grant grant : grants) {
            if (grant.allows(user, attributes)) {
                used.add(Grant.name(user, attributes.verb(), attributes.resource(), grant.rule()));
                return null;
            }
        }
        String refusal = attributes.resource().replaceFirst("/.*", "")
                + (attributes.name() == null ? "" : " \"" + attributes.name() + "\"")
                + " is forbidden: User \"" + user + "\" cannot " + attributes.verb() + " resource \""
                + attributes.resource()
                + "\" in API group \"" + attributes.group() + "\""
                + (attributes.namespace() == null
                        ? " at the cluster scope"
                        : " in the namespace \"" + attributes.namespace() + "\"");
        denied.add(refusal);
        return refusal;
    }

    /** Every refusal so far. */
    Set<String> denied() {
        return denied;
    }

    /** What is granted and has not been used so far: {@code account verb resource}. */
    Set<String> unused() {
        Set<String> unused = new ConcurrentSkipListSet<>();
        grants.forEach(
                grant -> grant.names().filter(name -> !used.contains(name)).forEach(unused::add));
        return unused;
    }

    /** The environment of a program that runs as this ServiceAccount. */
    static Map<String, String> asServiceAccount(String url, String namespace, String name) {
        return Map.of(
                "KUBERNETES_MASTER",
                url,
                "KUBERNETES_AUTH_TRYKUBECONFIG",
                "false",
                "KUBERNETES_AUTH_TRYSERVICEACCOUNT",
                "false",
                "KUBERNETES_AUTH_TOKEN",
                ACCOUNT + namespace + ":" + name);
    }
}
