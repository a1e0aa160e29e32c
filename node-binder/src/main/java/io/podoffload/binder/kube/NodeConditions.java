package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What the binder says on its Node's status, and an Event on the Node for each change of it. */
public final class NodeConditions {

    private static final String COMPONENT = "pod-offload-node-binder";

    private final KubernetesClient client;
    private final ApiServer api;
    private final String node;
    private final Clock clock;
    private final Events events;

    /** What each condition is known to say, by type. */
    private final Map<String, Said> said = new HashMap<>();

    private record Said(String reason, String message) {}

    public NodeConditions(KubernetesClient client, ApiServer api, String node, Clock clock) {
        this.client = client;
        this.api = api;
        this.node = node;
        this.clock = clock;
        this.events = new Events(client, COMPONENT, node, clock);
    }

    /** The Node's labels. */
    public Map<String, String> labels() {
        return Map.copyOf(read().getMetadata().getLabels());
    }

    /** Whether the Node's annotation pauses the binder; a sentence that says so. */
    public Optional<String> paused() {
        return Pause.of(read()).map(value -> Pause.sentence("Node " + node, value));
    }

    private Node read() {
        Node object = client.nodes().withName(node).get();
        if (object == null) {
            throw new IllegalStateException("there is no Node '" + node + "': set pod-offload.node-name");
        }
        return object;
    }

    /** Writes the condition where it says something else than the Node shows; the Node is read only where there is news. */
    public synchronized void report(String type, boolean status, String reason, String message) {
        Said now = new Said(reason, message);
        if (now.equals(said.get(type))) {
            return;
        }
        try {
            reportNews(type, status, reason, message);
        } catch (KubernetesClientException e) {
            throw api.failed(e);
        }
        api.answered();
        said.put(type, now);
    }

    private void reportNews(String type, boolean status, String reason, String message) {
        Node object = read();
        Optional<NodeCondition> before = Optional.ofNullable(object.getStatus()).stream()
                .flatMap(shown -> shown.getConditions().stream())
                .filter(condition -> condition.getType().equals(type))
                .findFirst();
        if (before.filter(shown ->
                        shown.getReason().equals(reason) && shown.getMessage().equals(message))
                .isPresent()) {
            return;
        }
        apply(type, status, reason, message);
        if (before.map(NodeCondition::getReason).filter(reason::equals).isEmpty()) {
            events.tell(
                    new ObjectReferenceBuilder()
                            .withApiVersion("v1")
                            .withKind("Node")
                            .withName(node)
                            .withUid(object.getMetadata().getUid())
                            .build(),
                    "default", // where the kubelet writes those of its Node
                    status,
                    reason,
                    message);
        }
    }

    /** Server-side apply: conditions are merged by type, so the kubelet's stay. */
    private void apply(String type, boolean status, String reason, String message) {
        client.nodes()
                .withName(node)
                .subresource("status")
                .patch(
                        new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager(COMPONENT)
                                .withForce(true)
                                .build(),
                        new NodeBuilder()
                                .withNewMetadata()
                                .withName(node)
                                .endMetadata()
                                .withNewStatus()
                                .addNewCondition()
                                .withType(type)
                                .withStatus(status ? "True" : "False")
                                .withReason(reason)
                                .withMessage(message)
                                .withLastTransitionTime(now())
                                .withLastHeartbeatTime(now())
                                .endCondition()
                                .endStatus()
                                .build());
    }

    private String now() {
        return Events.time(clock);
    }
}
