package io.podoffload.webhook.uninstall;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;

/** What binders say of the NICs of their Node; without a binder it is no longer compared with them. */
final class PreparedCondition {

    private static final String TYPE = "pod-offload.io/prepared";

    private PreparedCondition() {}

    /** Takes it off every Node. */
    static void remove(KubernetesClient client) {
        client.nodes().list().getItems().forEach(node -> remove(client, node));
    }

    private static void remove(KubernetesClient client, Node node) {
        List<NodeCondition> conditions =
                node.getStatus() == null ? List.of() : node.getStatus().getConditions();
        for (int index = 0; index < conditions.size(); index++) {
            if (conditions.get(index).getType().equals(TYPE)) {
                remove(client, node.getMetadata().getName(), "/status/conditions/" + index);
            }
        }
    }

    /** Refused if another condition stands there now; the Job of the hook then tries again. */
    private static void remove(KubernetesClient client, String node, String path) {
        String patch = """
                [{"op": "test", "path": "%s/type", "value": "%s"}, {"op": "remove", "path": "%1$s"}]""".formatted(path, TYPE);
        client.nodes().withName(node).subresource("status").patch(PatchContext.of(PatchType.JSON), patch);
    }
}
