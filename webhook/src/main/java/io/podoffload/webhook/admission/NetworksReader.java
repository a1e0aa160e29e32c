package io.podoffload.webhook.admission;

import io.podoffload.webhook.admission.JsonWalk.Names;
import io.podoffload.webhook.injection.NetworkSelection;
import io.podoffload.webhook.injection.Networks;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a network selection annotation in either of its forms, telling them apart as Multus does.
 *
 * @see <a href="https://github.com/k8snetworkplumbingwg/multi-net-spec">Network attachment selection annotation</a>
 */
final class NetworksReader {

    private static final Names SELECTION = Names.of("name", "namespace");

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
        JsonWalk json = JsonWalk.of(annotation);
        try {
            List<NetworkSelection> selections = json.enterArray() ? selections(json) : null;
            json.finish();
            return selections;
        } catch (InvalidReviewException e) {
            return null; // whoever made the pod is warned of it
        }
    }

    private static @Nullable List<NetworkSelection> selections(JsonWalk json) throws InvalidReviewException {
        List<NetworkSelection> selections = new ArrayList<>();
        boolean readable = true;
        while (json.hasElement()) {
            NetworkSelection selection = selection(json);
            if (selection == null) {
                readable = false;
            } else {
                selections.add(selection);
            }
        }
        return readable ? selections : null;
    }

    private static @Nullable NetworkSelection selection(JsonWalk json) throws InvalidReviewException {
        if (!json.enterObject()) {
            return null;
        }
        String name = "";
        String namespace = "";
        for (String field = json.nextName(SELECTION); field != null; field = json.nextName(SELECTION)) {
            switch (field) {
                case "name" -> name = json.text("");
                case "namespace" -> namespace = json.text("");
                default -> json.skip();
            }
        }
        return name.isEmpty() ? null : new NetworkSelection(namespace.isEmpty() ? null : namespace, name);
    }
}
