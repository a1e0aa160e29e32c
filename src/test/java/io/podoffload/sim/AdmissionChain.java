package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.RuleWithOperations;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ServiceReference;
import io.fabric8.zjsonpatch.JsonPatch;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Calls mutating webhooks as the API server does: over TLS verified against the caBundle for {@code <service>.<ns>.svc},
 * only where rules and selectors match, within timeoutSeconds, and by failurePolicy if that goes wrong.
 */
final class AdmissionChain {

    private static final JsonMapper JSON = JsonMapper.shared();

    /** As the API server's client does it, within the time that a call may take. */
    private static final int MOST_RETRIES = 10;

    private final Map<String, List<Integer>> servicePorts;
    private final AtomicInteger turn = new AtomicInteger();
    private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();

    /** @param servicePorts target ports by {@code namespace/service} */
    AdmissionChain(Map<String, List<Integer>> servicePorts) {
        this.servicePorts = servicePorts;
    }

    /** The pod as admitted, and what the user is warned of. */
    record Admitted(ObjectNode pod, List<String> warnings) {}

    /** A refusal, with the code and the message that the user sees. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final int code;

        Refused(int code, String message) {
            super(message);
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    /** Webhooks run one after the other, each seeing what the one before it made. */
    Admitted admit(
            List<MutatingWebhook> webhooks, ObjectNode pod, String namespace, Map<String, String> namespaceLabels)
            throws Refused {
        ObjectNode current = pod;
        List<String> warnings = new ArrayList<>();
        for (MutatingWebhook webhook : webhooks) {
            if (selectsPodCreation(webhook)
                    && matches(webhook.getNamespaceSelector(), namespaceLabels)
                    && matches(webhook.getObjectSelector(), labels(current))) {
                current = call(webhook, current, namespace, warnings);
            }
        }
        return new Admitted(current, warnings);
    }

    private ObjectNode call(MutatingWebhook webhook, ObjectNode pod, String namespace, List<String> warnings)
            throws Refused {
        String uid = UUID.randomUUID().toString();
        JsonNode response;
        try {
            JsonNode answer = post(webhook, review(uid, pod, namespace));
            check(answer, uid);
            response = answer.path("response");
        } catch (IOException | GeneralSecurityException | CallFailed e) {
            if ("Ignore".equals(webhook.getFailurePolicy())) {
                return pod;
            }
            throw new Refused(
                    500,
                    "Internal error occurred: failed calling webhook \"" + webhook.getName() + "\": " + e.getMessage());
        }
        response.path("warnings").forEach(warning -> warnings.add(warning.asString()));
        if (!response.path("allowed").asBoolean()) {
            JsonNode status = response.path("status");
            throw new Refused(
                    Math.max(400, status.path("code").asInt(400)),
                    "admission webhook \"" + webhook.getName() + "\" denied the request: "
                            + status.path("message").asString("without explanation"));
        }
        if (!response.has("patch")) {
            return pod;
        }
        // a patch that does not apply is an error 500, whatever failurePolicy says
        try {
            JsonNode patch = JSON.readTree(
                    Base64.getDecoder().decode(response.path("patch").asString()));
            return (ObjectNode) JsonPatch.apply(patch, pod);
        } catch (RuntimeException e) {
            throw new Refused(500, "Internal error occurred: the patch does not apply: " + e.getMessage());
        }
    }

    private JsonNode post(MutatingWebhook webhook, JsonNode review)
            throws IOException, GeneralSecurityException, CallFailed {
        ServiceReference service = webhook.getClientConfig().getService();
        String host = service.getName() + "." + service.getNamespace() + ".svc";
        List<Integer> ports = servicePorts.getOrDefault(service.getNamespace() + "/" + service.getName(), List.of());
        if (ports.isEmpty()) {
            throw new CallFailed("no endpoints available for service \"" + service.getName() + "\"");
        }
        int timeout = webhook.getTimeoutSeconds() == null ? 10 : webhook.getTimeoutSeconds();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeout);
        HttpClient client = client(webhook.getClientConfig().getCaBundle());
        byte[] body = JSON.writeValueAsBytes(review);
        for (int attempt = 0; ; attempt++) {
            int port = ports.get(Math.floorMod(turn.getAndIncrement(), ports.size()));
            HttpRequest request = HttpRequest.newBuilder(URI.create(
                            "https://" + host + ":" + port + service.getPath() + "?timeout=" + timeout + "s"))
                    .timeout(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))
                    .header("Content-Type", "application/json")
                    .header("Accept", "application/json, */*")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build();
            try {
                HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
                if (answer.statusCode() / 100 == 2) {
                    return JSON.readTree(answer.body());
                }
                Optional<String> retryAfter = answer.headers().firstValue("Retry-After");
                if (retryAfter.isEmpty() || attempt == MOST_RETRIES) {
                    throw new CallFailed("the server answered " + answer.statusCode());
                }
                TimeUnit.SECONDS.sleep(Long.parseLong(retryAfter.get()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CallFailed("interrupted");
            }
        }
    }

    private static final class CallFailed extends Exception {
        private static final long serialVersionUID = 1L;

        CallFailed(String message) {
            super(message);
        }
    }

    /** What the API server checks before it believes an answer. */
    private static void check(JsonNode answer, String uid) throws CallFailed {
        if (!answer.path("apiVersion").asString("").equals("admission.k8s.io/v1")
                || !answer.path("kind").asString("").equals("AdmissionReview")) {
            throw new CallFailed("expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview");
        }
        JsonNode response = answer.path("response");
        if (!response.path("uid").asString("").equals(uid)) {
            throw new CallFailed("expected response.uid=" + uid);
        }
        if (response.has("patch") != response.path("patchType").asString("").equals("JSONPatch")) {
            throw new CallFailed("patch and patchType must come together");
        }
    }

    private static JsonNode review(String uid, ObjectNode pod, String namespace) {
        ObjectNode review =
                JSON.createObjectNode().put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
        ObjectNode request = review.putObject("request").put("uid", uid);
        request.putObject("kind").put("group", "").put("version", "v1").put("kind", "Pod");
        request.putObject("resource").put("group", "").put("version", "v1").put("resource", "pods");
        request.put("name", pod.path("metadata").path("name").asString(""))
                .put("namespace", namespace)
                .put("operation", "CREATE")
                .put("dryRun", false);
        request.putObject("userInfo").put("username", "kubernetes-admin");
        request.set("object", pod);
        request.putNull("oldObject");
        return review;
    }

    /** One for each bundle, with connections of its own. */
    private HttpClient client(@Nullable String caBundle) throws IOException, GeneralSecurityException {
        String bundle = caBundle == null ? "" : caBundle;
        HttpClient client = clients.get(bundle);
        if (client == null) {
            client = newClient(bundle);
            clients.put(bundle, client);
        }
        return client;
    }

    private static HttpClient newClient(String caBundle) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        byte[] pem = Base64.getDecoder().decode(caBundle);
        for (var authority :
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem))) {
            trusted.setCertificateEntry("ca" + trusted.size(), authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(tls)
                .build();
    }

    private static boolean selectsPodCreation(MutatingWebhook webhook) {
        return webhook.getRules().stream().anyMatch(AdmissionChain::selectsPodCreation);
    }

    private static boolean selectsPodCreation(RuleWithOperations rule) {
        return (rule.getOperations().contains("CREATE") || rule.getOperations().contains("*"))
                && rule.getApiGroups().contains("")
                && rule.getResources().contains("pods");
    }

    private static Map<String, String> labels(JsonNode pod) {
        Map<String, String> labels = new java.util.HashMap<>();
        pod.path("metadata")
                .path("labels")
                .properties()
                .forEach(entry -> labels.put(entry.getKey(), entry.getValue().asString()));
        return labels;
    }

    /** An absent selector selects everything. */
    static boolean matches(@Nullable LabelSelector selector, Map<String, String> labels) {
        if (selector == null) {
            return true;
        }
        boolean equal = selector.getMatchLabels() == null
                || selector.getMatchLabels().entrySet().stream()
                        .allMatch(entry -> entry.getValue().equals(labels.get(entry.getKey())));
        return equal && selector.getMatchExpressions().stream().allMatch(expression -> matches(expression, labels));
    }

    private static boolean matches(LabelSelectorRequirement expression, Map<String, String> labels) {
        @Nullable String value = labels.get(expression.getKey());
        return switch (expression.getOperator()) {
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "In" -> value != null && expression.getValues().contains(value);
            case "NotIn" -> value == null || !expression.getValues().contains(value);
            default -> throw new IllegalArgumentException("operator " + expression.getOperator());
        };
    }
}
