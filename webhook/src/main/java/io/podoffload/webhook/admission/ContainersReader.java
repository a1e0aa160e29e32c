package io.podoffload.webhook.admission;

import io.podoffload.webhook.admission.JsonWalk.Names;
import io.podoffload.webhook.injection.ContainerFacts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a list of containers. */
final class ContainersReader {

    private static final Names CONTAINER = Names.of("name", "restartPolicy", "resources");
    private static final Names RESOURCES = Names.of("limits", "requests");

    private String name = "";
    private boolean restartable;
    private boolean hasResources;
    private @Nullable Map<String, String> limits;
    private @Nullable Map<String, String> requests;

    private ContainersReader() {}

    /**
     * Reads {@code spec.containers}, or of {@code spec.initContainers} the restartable ones: devices of a plain init
     * container are free again when the pod runs, those of a sidecar are not.
     *
     * @param path JSON Pointer to the list, with a slash at its end
     */
    static List<ContainerFacts> read(JsonWalk json, String path, boolean regular) throws InvalidReviewException {
        if (!json.enterArray()) {
            return List.of();
        }
        List<ContainerFacts> containers = new ArrayList<>(4);
        for (int index = 0; json.hasElement(); index++) {
            if (!json.enterObject()) {
                continue;
            }
            ContainersReader one = new ContainersReader();
            one.container(json);
            if (regular || one.restartable) {
                containers.add(new ContainerFacts(
                        path + index, one.name, regular, one.hasResources, one.limits, one.requests));
            }
        }
        return containers;
    }

    private void container(JsonWalk json) throws InvalidReviewException {
        for (String field = json.nextName(CONTAINER); field != null; field = json.nextName(CONTAINER)) {
            switch (field) {
                case "name" -> name = json.text("");
                case "restartPolicy" -> restartable = json.text("").equals("Always");
                case "resources" -> resources(json);
                default -> json.skip();
            }
        }
    }

    private void resources(JsonWalk json) throws InvalidReviewException {
        limits = null;
        requests = null;
        hasResources = json.enterObject();
        if (!hasResources) {
            return;
        }
        for (String field = json.nextName(RESOURCES); field != null; field = json.nextName(RESOURCES)) {
            switch (field) {
                case "limits" -> limits = quantities(json);
                case "requests" -> requests = quantities(json);
                default -> json.skip();
            }
        }
    }

    private static @Nullable Map<String, String> quantities(JsonWalk json) throws InvalidReviewException {
        if (!json.enterObject()) {
            return null;
        }
        Map<String, String> quantities = new HashMap<>();
        for (String resource = json.nextName(); resource != null; resource = json.nextName()) {
            String quantity = json.text();
            if (quantity != null) {
                quantities.put(resource, quantity);
            }
        }
        return quantities;
    }
}
