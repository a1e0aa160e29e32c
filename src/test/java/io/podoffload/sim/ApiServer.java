package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.crud.Attribute;
import io.fabric8.mockwebserver.crud.AttributeSet;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An API server: fabric8's CRUD mock server, extended with what pod-offload relies on. That is field selectors, the status
 * subresource, server-side apply of conditions merged by type, graceful deletion of pods, and an admission chain that calls
 * webhooks over TLS.
 */
public final class ApiServer implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();

    /** The mock server tells java.util.logging of each request; held here, or the level would be collected with it. */
    private static final Logger REQUEST_LOG = Logger.getLogger("io.fabric8.mockwebserver");

    static {
        REQUEST_LOG.setLevel(Boolean.getBoolean("sim.requests") ? Level.INFO : Level.WARNING);
    }

    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(ApiServer.class);

    private final Map<String, List<Integer>> servicePorts = new ConcurrentHashMap<>();
    private final Rbac rbac = new Rbac();
    private final RequestLog requests = new RequestLog();
    private final Dispatcher dispatcher = new Dispatcher();
    private final KubernetesMockServer server;
    private final KubernetesClient client;
    private volatile boolean down;
    private final Map<String, Failure> failing = new ConcurrentHashMap<>();
    private final WebServer web = new WebServer(user -> failureOf(user) == Failure.SILENT);
    private volatile Set<String> absentGroups = Set.of();
    private volatile Function<ExecRequest, List<String>> containers = exec -> {
        throw new IllegalStateException("no container runs in this cluster");
    };

    public ApiServer() {
        server = new KubernetesMockServer(
                new Context(Serialization.jsonMapper()), web, new HashMap<>(), dispatcher, false);
        server.init(InetAddress.getLoopbackAddress(), 0);
        client = newClient(0);
    }

    /** Where it listens, {@code http://127.0.0.1:port}. */
    public String url() {
        return "http://127.0.0.1:" + server.getPort();
    }

    /** The administrator's, YAML. */
    public String kubeConfig() {
        return """
                apiVersion: v1
                kind: Config
                clusters: [{name: simulated, cluster: {server: "%s"}}]
                users: [{name: admin, user: {}}]
                contexts: [{name: simulated, context: {cluster: simulated, user: admin}}]
                current-context: simulated
                """.formatted(url());
    }

    /** The administrator's client. */
    public KubernetesClient client() {
        return client;
    }

    /** For a program of the cluster, which tries again while the API server is down. */
    KubernetesClient newClient() {
        return newClient(10);
    }

    private KubernetesClient newClient(int retries) {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withMasterUrl(url())
                        .withNamespace("default")
                        .withWatchReconnectInterval(100)
                        .withRequestRetryBackoffInterval(20)
                        .withRequestRetryBackoffLimit(retries)
                        .build())
                .build();
    }

    /** Makes calls to a Service reach these ports of this machine in turn, and its endpoints be known. */
    public void exposeService(String namespace, String name, Integer... ports) {
        servicePorts.put(namespace + "/" + name, List.of(ports));
        for (Integer port : ports) {
            client.resource(new EndpointSliceBuilder()
                            .withNewMetadata()
                            .withNamespace(namespace)
                            .withName(name + "-" + port)
                            .addToLabels("kubernetes.io/service-name", name)
                            .endMetadata()
                            .withAddressType("IPv4")
                            .addNewEndpoint()
                            .withAddresses("127.0.0.1")
                            .endEndpoint()
                            .addNewPort()
                            .withPort(port)
                            .endPort()
                            .build())
                    .createOr(existing -> existing.update());
        }
    }

    /** Applies objects in this order, as Helm does. */
    public void install(List<HasMetadata> objects) {
        objects.forEach(object -> client.resource(object).create());
    }

    /** The environment of a program that runs as this ServiceAccount. */
    public Map<String, String> asServiceAccount(String namespace, String name) {
        return Rbac.asServiceAccount(url(), namespace, name);
    }

    /** What ServiceAccounts were refused because no role allows it. */
    public Set<String> denied() {
        return rbac.denied();
    }

    /** What roles allow and nobody has done so far, {@code account verb resource}. */
    public Set<String> unusedPermissions() {
        return rbac.unused();
    }

    /** What ServiceAccounts asked for. */
    public RequestLog requests() {
        return requests;
    }

    /** Groups whose kinds this cluster does not know, as when nothing was installed that brings them. */
    public void letBeAbsent(String... groups) {
        absentGroups = Set.of(groups);
    }

    /** The command of this machine by which a program runs in a container. */
    void executeBy(Function<ExecRequest, List<String>> command) {
        containers = command;
    }

    /** Sends each watch of a service account what may be no event. */
    public void sendToWatches(String account, String text) {
        dispatcher.sendToWatches(account, text);
    }

    /** How requests of one service account fail, while those of all others do not. */
    public enum Failure {
        UNAVAILABLE,
        /** What it writes is refused, as by a policy or a webhook. */
        WRITES_ARE_FORBIDDEN,
        /** No request is answered, as behind a firewall that drops packets. */
        SILENT
    }

    /** Watches end, and come back only after {@link #endFailures()} unless what is refused is writes. */
    public void fail(String account, Failure failure) {
        failing.put(account, failure);
        dispatcher.endWatches();
    }

    public void endFailures() {
        failing.clear();
        web.hangUp();
    }

    private @Nullable Failure failureOf(@Nullable String user) {
        return user == null ? null : failing.get(user.substring(user.lastIndexOf(':') + 1));
    }

    /** Everything is refused, and watches end, until {@link #endOutage()}. */
    public void beginOutage() {
        down = true;
        dispatcher.endWatches();
    }

    /** Watches from before must list anew, as those of a server that has forgotten its history. */
    public void endOutage() {
        down = false;
        ConfigMap restarted = client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace("default")
                        .withGenerateName("api-server-restarted-")
                        .endMetadata()
                        .build())
                .create();
        dispatcher.oldestKnown = Long.parseLong(restarted.getMetadata().getResourceVersion());
    }

    @Override
    public void close() {
        client.close();
        server.destroy();
    }

    private final class Dispatcher extends KubernetesCrudDispatcher {

        private static final Pattern PODS = Pattern.compile("/api/v1/namespaces/([^/?]+)/pods(?:\\?.*)?");
        private static final Pattern NOT_SERVED =
                Pattern.compile("/api/v1/namespaces/[^/?]+/pods/[^/?]+/(log|attach|portforward|proxy)(?:\\?.*)?");
        private static final Pattern POD = Pattern.compile("/api/v1/namespaces/[^/?]+/pods/[^/?]+(/status)?(?:\\?.*)?");
        private static final Pattern SECRETS = Pattern.compile("/api/v1/(?:namespaces/[^/?]+/)?secrets(?:\\?.*)?");
        private static final String NODE_NAME = "spec.nodeName";
        private static final String PHASE = "status.phase";

        private final AdmissionChain admission = new AdmissionChain(servicePorts);

        private static final int REMEMBERED_DELETIONS = 500;

        private static final Pattern RESOURCE_VERSION = Pattern.compile("[?&]resourceVersion=(\\d+)");

        private volatile long oldestKnown;
        private final Set<WatchSocket> watches = ConcurrentHashMap.newKeySet();

        /** A deletion has a resource version of its own, as each change has. */
        private record Deletion(long version, AttributeSet attributes, String object) {}

        /** The last deletions, for watches that open after a list that still held the object; guarded by {@code watches}. */
        private final Deque<Deletion> deleted = new ArrayDeque<>();

        private final ThreadLocal<String> caller = ThreadLocal.withInitial(() -> "");

        /** The state that a patch of a pod made; the mock server would delete a terminating pod at its next change. */
        private final ThreadLocal<@Nullable JsonNode> patched = new ThreadLocal<>();

        @Override
        public MockResponse dispatch(RecordedRequest request) {
            String path = request.getPath();
            caller.set(String.valueOf(request.getHeader("Authorization")));
            patched.remove(); // a patch that failed half-way must not pass for the next change's state
            if (down) {
                return status(503, "the API server is down");
            }
            MockResponse failure = failure(request);
            MockResponse response = failure == null ? answer(request, path) : failure;
            requests.add(request, response.code());
            if (response.getBody() != null && response.header("Content-Type") == null) {
                response.setHeader("Content-Type", "application/json");
            }
            response.setHeader("Date", DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)));
            return response;
        }

        private @Nullable MockResponse failure(RecordedRequest request) {
            Failure now = failureOf(Rbac.user(request));
            if (now == Failure.UNAVAILABLE) {
                return status(503, "this account is not served");
            }
            return now == Failure.WRITES_ARE_FORBIDDEN && request.method() != HttpMethod.GET
                    ? status(403, "Forbidden", "a policy refuses what this account writes")
                    : null;
        }

        private MockResponse answer(RecordedRequest sent, String path) {
            try {
                byte[] body = sent.getBody().getBytes();
                RecordedRequest request = ProtobufSecret.is(body)
                        ? with(
                                sent,
                                sent.method(),
                                path,
                                "application/json",
                                sent.method() == HttpMethod.DELETE
                                        ? JSON.createObjectNode()
                                        : ProtobufSecret.toJson(body))
                        : sent;
                String refusal = rbac.refusal(request);
                if (refusal != null) {
                    return status(403, "Forbidden", refusal);
                }
                String discovered = request.method() == HttpMethod.GET
                        ? Discovery.answer(path.replaceFirst("\\?.*", ""), absentGroups)
                        : null;
                if (discovered != null) {
                    return new MockResponse()
                            .setResponseCode(200)
                            .setHeader("Content-Type", "application/json")
                            .setBody(discovered);
                }
                if (absentGroups.stream().anyMatch(group -> path.startsWith("/apis/" + group + "/"))) {
                    return new MockResponse()
                            .setResponseCode(404)
                            .setHeader("Content-Type", "text/plain; charset=utf-8")
                            .setBody("404 page not found\n");
                }
                ExecRequest exec = ExecRequest.of(request);
                if (exec != null) {
                    return execute(request, exec);
                }
                if (NOT_SERVED.matcher(path).matches()) {
                    return status(501, "this API server is simulated: no logs, no attach and no port-forward");
                }
                if (request.method() == HttpMethod.POST && PODS.matcher(path).matches()) {
                    return createPod(request);
                }
                if (request.method() == HttpMethod.DELETE && POD.matcher(path).matches()) {
                    return deletePod(request);
                }
                if (request.method() == HttpMethod.PATCH) {
                    return patch(request);
                }
                if (WebServer.isStreamedWatch(path, request.getHeader("Upgrade"))) {
                    return path.contains("sendInitialEvents=true")
                            ? status(422, "Invalid", "sendInitialEvents: Forbidden: needs the feature gate WatchList")
                            : handleWatch(path);
                }
                if (request.method() == HttpMethod.POST) {
                    rbac.created(new String(request.getBody().getBytes(), StandardCharsets.UTF_8));
                }
                if (request.method() == HttpMethod.DELETE) {
                    rbac.deleted(request);
                }
                MockResponse response = super.dispatch(request);
                if (response.code() == 409 && request.method() == HttpMethod.POST) {
                    return status(
                            409,
                            "AlreadyExists",
                            JSON.readTree(response.getBody().getBytes())
                                    .path("message")
                                    .asString("it already exists"));
                }
                if (response.code() == 404 && response.getBody() == null) {
                    return notFound(path);
                }
                return request.method() == HttpMethod.GET ? asListOfItsKind(response, path) : response;
            } catch (AdmissionChain.Refused e) {
                return status(e.code(), e.getMessage());
            } catch (RuntimeException e) {
                LOG.error("{} {}", sent.method(), path, e);
                return status(500, "Internal error occurred: " + e);
            }
        }

        /** {@code pods "web" not found}, as a person reads it. */
        private static MockResponse notFound(String path) {
            String[] parts = path.replaceFirst("\\?.*", "").split("/");
            String name = parts[parts.length - 1];
            String plural = parts.length < 2 ? "" : parts[parts.length - 2];
            return status(404, "NotFound", plural + " \"" + name + "\" not found");
        }

        /** Programs run by websocket only; kubectl tries the older SPDY where that is refused. */
        private MockResponse execute(RecordedRequest request, ExecRequest exec) {
            JsonNode pod = get("/api/v1/namespaces/" + exec.namespace() + "/pods/" + exec.pod());
            if (pod.isEmpty()) {
                return status(404, "NotFound", "pods \"" + exec.pod() + "\" not found");
            }
            if (!exec.container().isEmpty()
                    && pod.path("spec")
                            .path("containers")
                            .valueStream()
                            .noneMatch(container ->
                                    container.path("name").asString().equals(exec.container()))) {
                return status(
                        400, "BadRequest", "container " + exec.container() + " is not valid for pod " + exec.pod());
            }
            if (request.getHeader("Sec-WebSocket-Protocol") == null) {
                return status(
                        400, "BadRequest", "Upgrade request required: this API server executes by websocket only");
            }
            return new MockResponse().withWebSocketUpgrade(new ExecSocket(() -> containers.apply(exec), exec.stdin()));
        }

        /**
         * The mock server calls every list a List, of objects in any order that say what they are. A real one says of what the list is, and of
         * its own kinds the objects say nothing.
         */
        private static MockResponse asListOfItsKind(MockResponse response, String path) {
            JsonNode body = response.getBody() == null
                    ? JSON.createObjectNode()
                    : JSON.readTree(new String(response.getBody().getBytes(), StandardCharsets.UTF_8));
            if (!body.path("kind").asString("").equals("List")) {
                return response;
            }
            ObjectNode list = (ObjectNode) body;
            sort((ArrayNode) list.path("items"));
            JsonNode first = list.path("items").path(0);
            if (SECRETS.matcher(path).matches()) {
                list.put("apiVersion", "v1").put("kind", "SecretList");
            } else if (first.has("kind")) {
                list.put("apiVersion", first.path("apiVersion").asString())
                        .put("kind", first.path("kind").asString() + "List");
            }
            if (isBuiltIn(first.path("apiVersion").asString(""))) {
                list.path("items").forEach(item -> ((ObjectNode) item).remove(List.of("apiVersion", "kind")));
            }
            return response.setBody(list.toString());
        }

        /** By Namespace and name, as etcd has them. */
        private static void sort(ArrayNode items) {
            List<JsonNode> sorted = items.valueStream()
                    .sorted(Comparator.comparing(
                            item -> item.at("/metadata/namespace").asString("") + "/"
                                    + item.at("/metadata/name").asString("")))
                    .toList();
            items.removeAll();
            items.addAll(sorted);
        }

        private static boolean isBuiltIn(String apiVersion) {
            String group = apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
            return !group.contains(".") || group.endsWith(".k8s.io");
        }

        private MockResponse createPod(RecordedRequest request) throws AdmissionChain.Refused {
            var matcher = PODS.matcher(request.getPath());
            String namespace = matcher.matches() ? matcher.group(1) : "";
            ObjectNode pod = (ObjectNode) JSON.readTree(request.getUtf8Body());
            AdmissionChain.Admitted admitted = admission.admit(webhooks(), pod, namespace, namespaceLabels(namespace));
            MockResponse response =
                    handleCreate(with(request, HttpMethod.POST, request.getPath(), "application/json", admitted.pod()));
            admitted.warnings().forEach(warning -> response.addHeader("Warning", "299 - \"" + warning + "\""));
            return response;
        }

        private List<MutatingWebhook> webhooks() {
            JsonNode list = get("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations");
            List<MutatingWebhookConfiguration> configurations = new ArrayList<>();
            list.path("items")
                    .forEach(item -> configurations.add(
                            Serialization.unmarshal(item.toString(), MutatingWebhookConfiguration.class)));
            configurations.sort(Comparator.comparing(one -> one.getMetadata().getName()));
            return configurations.stream()
                    .flatMap(one -> one.getWebhooks().stream())
                    .toList();
        }

        private Map<String, String> namespaceLabels(String namespace) {
            Map<String, String> labels = new HashMap<>();
            get("/api/v1/namespaces/" + namespace)
                    .path("metadata")
                    .path("labels")
                    .properties()
                    .forEach(
                            entry -> labels.put(entry.getKey(), entry.getValue().asString()));
            labels.put("kubernetes.io/metadata.name", namespace);
            return labels;
        }

        private JsonNode get(String path) {
            MockResponse response = handleGet(path);
            return response.code() == 200
                    ? JSON.readTree(new String(response.getBody().getBytes(), StandardCharsets.UTF_8))
                    : JSON.createObjectNode();
        }

        /** A pod on a node is only marked; its kubelet deletes it, with no grace, when it is down. */
        private synchronized MockResponse deletePod(RecordedRequest request) {
            JsonNode options = JSON.readTree(request.getUtf8Body()); // reading it empties it
            JsonNode pod = get(request.getPath());
            if (namesAnotherUid(options.path("preconditions").path("uid"), pod)) {
                return status(409, "Precondition failed: UID in precondition does not match");
            }
            boolean scheduled = !pod.path("spec").path("nodeName").asString("").isEmpty();
            int grace = options.path("gracePeriodSeconds").asInt(30);
            if (!scheduled || grace == 0) {
                return super.handleDelete(request.getPath());
            }
            if (pod.path("metadata").has("deletionTimestamp")) {
                return new MockResponse().setResponseCode(200).setBody(pod.toString());
            }
            ObjectNode mark = JSON.createObjectNode();
            mark.putObject("metadata")
                    .put(
                            "deletionTimestamp",
                            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                    .put("deletionGracePeriodSeconds", grace);
            MockResponse marked = handlePatch(
                    with(request, HttpMethod.PATCH, request.getPath(), "application/merge-patch+json", mark));
            return marked.code() / 100 == 2
                    ? new MockResponse()
                            .setResponseCode(200)
                            .setBody(get(request.getPath()).toString())
                    : marked;
        }

        /** One at a time: the mock server reads, merges and writes, and what came in between would be lost. */
        private synchronized MockResponse patch(RecordedRequest request) {
            String path = request.getPath().replaceFirst("\\?.*", "");
            String type = String.valueOf(request.getHeader("Content-Type"));
            if (type.startsWith("application/apply-patch")) {
                return apply(request, path);
            }
            JsonNode change = JSON.readTree(request.getUtf8Body());
            if (type.startsWith("application/strategic-merge-patch")) {
                return replace(request, path, StrategicMergePatch.apply(get(path), change));
            }
            if (namesAnotherUid(change.path("metadata").path("uid"), get(path.replaceFirst("/status$", "")))) {
                return status(409, "Precondition failed: UID in precondition does not match");
            }
            return handlePatch(with(request, HttpMethod.PATCH, path, type, change));
        }

        private MockResponse replace(RecordedRequest request, String path, JsonNode object) {
            return super.dispatch(with(request, HttpMethod.PUT, path, "application/json", object));
        }

        /** Who names a uid means that very object, and not the next one of its name. */
        private static boolean namesAnotherUid(JsonNode uid, JsonNode object) {
            return uid.isString()
                    && !object.isEmpty()
                    && !uid.equals(object.path("metadata").path("uid"));
        }

        /** Server-side apply, as far as the conditions of a status go: a list with the merge key {@code type}. */
        private MockResponse apply(RecordedRequest request, String path) {
            JsonNode wanted = JSON.readTree(request.getUtf8Body());
            while (true) {
                JsonNode current = get(path.replaceFirst("/status$", ""));
                if (current.isEmpty()) {
                    return status(404, "not found");
                }
                if (namesAnotherUid(wanted.path("metadata").path("uid"), current)) {
                    return status(422, "Pod is invalid: metadata.uid: Invalid value: field is immutable");
                }
                ObjectNode merged = JSON.createObjectNode();
                merged.putObject("metadata")
                        .set("resourceVersion", current.path("metadata").path("resourceVersion"));
                merged.putObject("status").set("conditions", mergedConditions(current, wanted));
                MockResponse response =
                        handlePatch(with(request, HttpMethod.PATCH, path, "application/merge-patch+json", merged));
                if (response.code() != 409) {
                    return response;
                }
            }
        }

        private static ArrayNode mergedConditions(JsonNode current, JsonNode wanted) {
            Map<String, JsonNode> byType = new java.util.LinkedHashMap<>();
            current.path("status")
                    .path("conditions")
                    .forEach(condition -> byType.put(condition.path("type").asString(), condition));
            for (JsonNode condition : wanted.path("status").path("conditions")) {
                byType.put(condition.path("type").asString(), condition);
            }
            ArrayNode conditions = JSON.createArrayNode();
            byType.values().forEach(conditions::add);
            return conditions;
        }

        private static RecordedRequest with(
                RecordedRequest request, HttpMethod method, String path, String contentType, JsonNode body) {
            return new RecordedRequest(
                    request.getHttpVersion(),
                    method,
                    path,
                    Headers.builder().add("Content-Type", contentType).build(),
                    new Buffer(body.toString().getBytes(StandardCharsets.UTF_8)));
        }

        private static MockResponse status(int code, @Nullable String message) {
            return status(code, null, message);
        }

        private static MockResponse status(int code, @Nullable String reason, @Nullable String message) {
            ObjectNode status = JSON.createObjectNode()
                    .put("apiVersion", "v1")
                    .put("kind", "Status")
                    .put("status", "Failure")
                    .put("reason", reason)
                    .put("message", message)
                    .put("code", code);
            return new MockResponse().setResponseCode(code).setBody(status.toString());
        }

        @Override
        public boolean isStatusSubresourceEnabledForResource(String path) {
            return POD.matcher(path).matches() || super.isStatusSubresourceEnabledForResource(path);
        }

        /** JSON merge patch, RFC 7396. */
        @Override
        public JsonNode merge(JsonNode target, String patch) {
            return merged(target.deepCopy(), JSON.readTree(patch));
        }

        private static JsonNode merged(JsonNode target, JsonNode patch) {
            if (!patch.isObject()) {
                return patch;
            }
            ObjectNode result = target.isObject() ? (ObjectNode) target : JSON.createObjectNode();
            for (Map.Entry<String, JsonNode> entry : patch.properties()) {
                if (entry.getValue().isNull()) {
                    result.remove(entry.getKey());
                } else {
                    result.set(entry.getKey(), merged(result.path(entry.getKey()), entry.getValue()));
                }
            }
            return result;
        }

        @Override
        public MockResponse handleWatch(String path) {
            Matcher version = RESOURCE_VERSION.matcher(path);
            long since = version.find() ? Long.parseLong(version.group(1)) : 0;
            WatchSocket watch = new WatchSocket(
                    caller.get(),
                    getAttributeExtractor().fromPath(path),
                    since > 0 && since < oldestKnown ? Dispatcher::refuse : opened -> open(opened, since),
                    watches::remove);
            return new MockResponse().withWebSocketUpgrade(watch);
        }

        /** By an event and not by a status code, as the API server's watch cache does. */
        private static void refuse(WatchSocket watch) {
            watch.send(
                    "ERROR",
                    JSON.createObjectNode()
                            .put("apiVersion", "v1")
                            .put("kind", "Status")
                            .put("status", "Failure")
                            .put("reason", "Expired")
                            .put("message", "too old resource version")
                            .put("code", 410)
                            .toString());
        }

        void sendToWatches(String account, String text) {
            watches.stream().filter(watch -> watch.isOf(account)).forEach(watch -> watch.sendText(text));
        }

        void endWatches() {
            watches.forEach(WatchSocket::close);
        }

        /**
         * Sends every deletion since the watcher's version, and every object that is there: a change since that version
         * arrives, perhaps twice, which informers bear. A deletion before that version never arrives: an informer would take
         * it for the end of the next object of that name.
         */
        private void open(WatchSocket watch, long since) {
            synchronized (watches) {
                List<Map.Entry<AttributeSet, String>> objects;
                synchronized (map) {
                    objects = List.copyOf(map.entrySet());
                }
                List<Map.Entry<AttributeSet, String>> selected = objects.stream()
                        .filter(entry -> watch.selects(entry.getKey()))
                        .toList();
                // a namesake that the watch does not select, such as one without a node, does not stand for what is
                // gone
                Set<AttributeSet> identities =
                        selected.stream().map(entry -> identity(entry.getKey())).collect(Collectors.toSet());
                deleted.stream()
                        .filter(deletion -> deletion.version() > since)
                        .filter(deletion -> watch.selects(deletion.attributes()))
                        .filter(deletion -> !identities.contains(identity(deletion.attributes())))
                        .forEach(deletion -> watch.send("DELETED", deletion.object()));
                selected.forEach(entry -> watch.send("ADDED", entry.getValue()));
                watches.add(watch);
            }
        }

        /** What an object and its namesake have in common: not node, phase and labels, which fields and labels are selected by. */
        private static AttributeSet identity(AttributeSet attributes) {
            return new AttributeSet(Stream.of("kind", "plural", "namespace", "name")
                    .map(attributes::getAttribute)
                    .filter(Objects::nonNull)
                    .toList());
        }

        /** An object that begins or ends to match a watch's selector appears or goes for it. */
        private void notifyWatches(
                @Nullable AttributeSet oldAttributes,
                @Nullable String before,
                Map.@Nullable Entry<AttributeSet, String> now) {
            synchronized (watches) {
                String end = before;
                if (now == null && oldAttributes != null && before != null) {
                    long version = requestResourceVersion();
                    end = withVersion(before, version);
                    deleted.addLast(new Deletion(version, oldAttributes, end));
                    if (deleted.size() > REMEMBERED_DELETIONS) {
                        deleted.removeFirst();
                    }
                }
                for (WatchSocket watch : watches) {
                    boolean was = oldAttributes != null && watch.selects(oldAttributes);
                    if (now != null && watch.selects(now.getKey())) {
                        watch.send(was ? "MODIFIED" : "ADDED", now.getValue());
                    } else if (was && end != null) {
                        watch.send("DELETED", end);
                    }
                }
            }
        }

        private static String withVersion(String object, long version) {
            ObjectNode changed = (ObjectNode) JSON.readTree(object);
            changed.withObject("metadata").put("resourceVersion", String.valueOf(version));
            return changed.toString();
        }

        @Override
        public MockResponse handlePatch(RecordedRequest request) {
            patched.remove();
            return super.handlePatch(request);
        }

        @Override
        public void touchResourceVersion(JsonNode current, JsonNode updated) {
            super.touchResourceVersion(current, updated);
            patched.set(updated);
        }

        @Override
        public void processEvent(
                String path,
                AttributeSet pathAttributes,
                AttributeSet oldAttributes,
                @Nullable GenericKubernetesResource resource,
                @Nullable String newState) {
            @Nullable JsonNode kept = patched.get();
            patched.remove();
            String state = newState == null && kept != null ? kept.toString() : newState;
            GenericKubernetesResource object =
                    state == null ? null : Serialization.unmarshal(state, GenericKubernetesResource.class);
            AttributeSet attributes = pathAttributes;
            if (state != null && POD.matcher(path).matches()
                    || PODS.matcher(path).matches()) {
                JsonNode pod = JSON.readTree(String.valueOf(state));
                String node = pod.path("spec").path("nodeName").asString("");
                attributes = attributes.add(
                        new Attribute(PHASE, pod.path("status").path("phase").asString("Pending")));
                attributes = node.isEmpty() ? attributes : attributes.add(new Attribute(NODE_NAME, node));
            }
            @Nullable String before = oldAttributes == null ? null : map.get(oldAttributes);
            super.processEvent(path, attributes, oldAttributes, object, state);
            notifyWatches(oldAttributes, before, state == null ? null : findResource(pathAttributes));
        }
    }
}
