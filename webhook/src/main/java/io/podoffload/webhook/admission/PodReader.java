package io.podoffload.webhook.admission;

import io.podoffload.webhook.cluster.Owner;
import io.podoffload.webhook.injection.ContainerFacts;
import io.podoffload.webhook.injection.Labels;
import io.podoffload.webhook.injection.Networks;
import io.podoffload.webhook.injection.PodFacts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the pod of a review. */
final class PodReader {

    private boolean hasMetadata;
    private boolean hasAnnotations;
    private String name = "";
    private String generateName = "";
    private @Nullable Owner owner;
    private @Nullable String enabled;
    private @Nullable String profile;
    private @Nullable String container;
    private boolean mirror;
    private Networks defaultNetwork = Networks.NONE;
    private Networks networks = Networks.NONE;
    private boolean hostNetwork;
    private @Nullable List<String> readinessGates;
    private List<ContainerFacts> regular = List.of();
    private List<ContainerFacts> restartable = List.of();

    private PodReader() {}

    /** Null where the parser stands at no object. */
    static @Nullable PodReader read(JsonParser json) {
        if (!Values.isObject(json)) {
            return null;
        }
        PodReader reader = new PodReader();
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            json.nextToken();
            switch (field) {
                case "metadata" -> reader.metadata(json);
                case "spec" -> reader.spec(json);
                default -> json.skipChildren();
            }
        }
        return reader;
    }

    String name() {
        return name.isEmpty() ? generateName : name;
    }

    @Nullable
    Owner owner() {
        return owner;
    }

    PodFacts facts() {
        List<ContainerFacts> containers = new ArrayList<>(regular.size() + restartable.size());
        containers.addAll(regular);
        containers.addAll(restartable);
        return new PodFacts(
                hasMetadata,
                hasAnnotations,
                enabled,
                profile,
                container,
                mirror,
                hostNetwork,
                defaultNetwork,
                networks,
                readinessGates,
                containers);
    }

    private void metadata(JsonParser json) {
        hasMetadata = Values.isObject(json);
        if (!hasMetadata) {
            return;
        }
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            json.nextToken();
            switch (field) {
                case "name" -> name = Values.text(json, "");
                case "generateName" -> generateName = Values.text(json, "");
                case "labels" -> labels(json);
                case "annotations" -> annotations(json);
                case "ownerReferences" -> owners(json);
                default -> json.skipChildren();
            }
        }
    }

    private void labels(JsonParser json) {
        if (!Values.isObject(json)) {
            return;
        }
        for (String key = json.nextName(); key != null; key = json.nextName()) {
            json.nextToken();
            if (key.equals(Labels.ENABLED)) {
                enabled = Values.text(json);
            } else {
                json.skipChildren();
            }
        }
    }

    private void annotations(JsonParser json) {
        hasAnnotations = Values.isObject(json);
        if (!hasAnnotations) {
            return;
        }
        for (String key = json.nextName(); key != null; key = json.nextName()) {
            json.nextToken();
            switch (key) {
                case Labels.PROFILE -> profile = Values.text(json);
                case Labels.CONTAINER -> container = Values.text(json);
                case Labels.DEFAULT_NETWORK -> defaultNetwork = NetworksReader.read(Values.text(json));
                case Labels.NETWORKS -> networks = NetworksReader.read(Values.text(json));
                case Labels.MIRROR -> {
                    mirror = true;
                    json.skipChildren();
                }
                default -> json.skipChildren();
            }
        }
    }

    private void owners(JsonParser json) {
        if (!Values.isArray(json)) {
            return;
        }
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (Values.isObject(json)) {
                owner(json);
            }
        }
    }

    private void owner(JsonParser json) {
        Map<String, String> reference = new HashMap<>();
        boolean controller = false;
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            json.nextToken();
            if (field.equals("controller")) {
                controller = Values.isTrue(json);
            } else {
                reference.put(field, Values.text(json, ""));
            }
        }
        if (controller) {
            owner = new Owner(
                    reference.getOrDefault("apiVersion", ""),
                    reference.getOrDefault("kind", ""),
                    reference.getOrDefault("name", ""),
                    reference.getOrDefault("uid", ""));
        }
    }

    private void spec(JsonParser json) {
        if (!Values.isObject(json)) {
            return;
        }
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            json.nextToken();
            switch (field) {
                case "hostNetwork" -> hostNetwork = Values.isTrue(json);
                case "containers" -> regular = ContainersReader.read(json, "/spec/containers/", true);
                case "initContainers" -> restartable = ContainersReader.read(json, "/spec/initContainers/", false);
                case "readinessGates" -> readinessGates = gates(json);
                default -> json.skipChildren();
            }
        }
    }

    private static @Nullable List<String> gates(JsonParser json) {
        if (!Values.isArray(json)) {
            return null;
        }
        List<String> types = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (!Values.isObject(json)) {
                continue;
            }
            for (String field = json.nextName(); field != null; field = json.nextName()) {
                json.nextToken();
                String value = Values.text(json, "");
                if (field.equals("conditionType")) {
                    types.add(value);
                }
            }
        }
        return types;
    }
}
