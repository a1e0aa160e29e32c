package io.podoffload.webhook.admission;

import io.podoffload.webhook.injection.ContainerFacts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads a list of containers. */
final class ContainersReader {

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
    static List<ContainerFacts> read(JsonParser json, String path, boolean regular) {
        if (!Values.isArray(json)) {
            return List.of();
        }
        List<ContainerFacts> containers = new ArrayList<>(4);
        for (int index = 0; json.nextToken() != JsonToken.END_ARRAY; index++) {
            if (!Values.isObject(json)) {
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

    private void container(JsonParser json) {
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            json.nextToken();
            switch (field) {
                case "name" -> name = Values.text(json, "");
                case "restartPolicy" -> restartable = Values.text(json, "").equals("Always");
                case "resources" -> resources(json);
                default -> json.skipChildren();
            }
        }
    }

    private void resources(JsonParser json) {
        limits = null;
        requests = null;
        hasResources = Values.isObject(json);
        if (!hasResources) {
            return;
        }
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            json.nextToken();
            switch (field) {
                case "limits" -> limits = quantities(json);
                case "requests" -> requests = quantities(json);
                default -> json.skipChildren();
            }
        }
    }

    private static @Nullable Map<String, String> quantities(JsonParser json) {
        if (!Values.isObject(json)) {
            return null;
        }
        Map<String, String> quantities = new HashMap<>();
        for (String resource = json.nextName(); resource != null; resource = json.nextName()) {
            json.nextToken();
            String quantity = Values.text(json);
            if (quantity != null) {
                quantities.put(resource, quantity);
            }
        }
        return quantities;
    }
}
