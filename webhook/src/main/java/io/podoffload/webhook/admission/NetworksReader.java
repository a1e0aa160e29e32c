package io.podoffload.webhook.admission;

import io.podoffload.webhook.injection.NetworkSelection;
import io.podoffload.webhook.injection.Networks;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a network selection annotation in either of its forms, telling them apart as Multus does.
 *
 * @see <a href="https://github.com/k8snetworkplumbingwg/multi-net-spec">Network attachment selection annotation</a>
 */
final class NetworksReader {

    private static final JsonFactory JSON = new JsonFactory();

    private NetworksReader() {}

    /** @param annotation null where the pod has none */
    static Networks read(@Nullable String annotation) {
        if (annotation == null) {
            return Networks.NONE;
        }
        if (annotation.isBlank()) {
            return new Networks(annotation, List.of());
        }
        boolean json = annotation.indexOf('[') >= 0 || annotation.indexOf('{') >= 0 || annotation.indexOf('"') >= 0;
        return new Networks(annotation, json ? parseJson(annotation) : NetworkSelection.parse(annotation));
    }

    private static @Nullable List<NetworkSelection> parseJson(String annotation) {
        List<NetworkSelection> selections = new ArrayList<>();
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), annotation)) {
            if (json.nextToken() != JsonToken.START_ARRAY) {
                return null;
            }
            while (json.nextToken() != JsonToken.END_ARRAY) {
                NetworkSelection selection = selection(json);
                if (selection == null) {
                    return null;
                }
                selections.add(selection);
            }
            return json.nextToken() == null ? selections : null;
        } catch (JacksonException e) {
            return null; // whoever made the pod is warned of it
        }
    }

    private static @Nullable NetworkSelection selection(JsonParser json) {
        if (!Values.isObject(json)) {
            return null;
        }
        String name = "";
        String namespace = "";
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            json.nextToken();
            switch (field) {
                case "name" -> name = Values.text(json, "");
                case "namespace" -> namespace = Values.text(json, "");
                default -> json.skipChildren();
            }
        }
        return name.isEmpty() ? null : new NetworkSelection(namespace.isEmpty() ? null : namespace, name);
    }
}
