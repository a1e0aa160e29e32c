package io.podoffload.sim;

import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for, in the words of RBAC and of the audit log.
 *
 * @param resource with its subresource, {@code pods/status}
 * @param name null for a request about all objects
 */
record RequestAttributes(
        String verb,
        String group,
        String resource,
        @Nullable String namespace,
        @Nullable String name) {

    private static final Pattern PATH = Pattern.compile("/(?:api|apis/(?<group>[^/]+))/[^/]+"
            + "(?:/namespaces/(?<namespace>[^/]+)(?=/))?/(?<resource>[^/]+)(?:/(?<name>[^/]+)(?:/(?<sub>[^/]+))?)?");
    private static final Pattern NAMED = Pattern.compile("fieldSelector=metadata.name(?:%3D|=)([^&]+)");

    /** Null where the request is about no resource, as for the server's version. */
    static @Nullable RequestAttributes of(RecordedRequest request) {
        String[] parts = request.getPath().split("\\?", 2);
        String query = parts.length > 1 ? parts[1] : "";
        Matcher path = PATH.matcher(parts[0]);
        if (!path.matches()) {
            return null;
        }
        String group = path.group("group") == null ? "" : path.group("group");
        String sub = path.group("sub") == null ? "" : "/" + path.group("sub");
        String name = path.group("name");
        Matcher named = NAMED.matcher(query);
        return new RequestAttributes(
                verb(request.method(), name != null, query.contains("watch=true")),
                group,
                path.group("resource") + sub,
                path.group("namespace"),
                name == null && named.find() ? named.group(1) : name);
    }

    RequestAttributes with(String otherVerb) {
        return new RequestAttributes(otherVerb, group, resource, namespace, name);
    }

    private static String verb(HttpMethod method, boolean named, boolean watch) {
        return switch (method) {
            case GET -> named ? "get" : watch ? "watch" : "list";
            case POST -> "create";
            case PUT -> "update";
            case PATCH -> "patch";
            case DELETE -> named ? "delete" : "deletecollection";
            default -> method.name();
        };
    }
}
