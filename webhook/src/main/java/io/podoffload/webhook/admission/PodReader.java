package io.podoffload.webhook.admission;

import io.podoffload.webhook.admission.JsonWalk.Names;
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

/** Reads the pod of a review. */
final class PodReader {

    private static final Names POD = Names.of("metadata", "spec");
    private static final Names METADATA = Names.of("name", "generateName", "labels", "annotations", "ownerReferences");
    private static final Names LABELS = Names.of(Labels.ENABLED);
    private static final Names ANNOTATIONS =
            Names.of(Labels.PROFILE, Labels.CONTAINER, Labels.DEFAULT_NETWORK, Labels.NETWORKS, Labels.MIRROR);
    private static final Names OWNER = Names.of("apiVersion", "kind", "name", "uid", "controller");
    private static final Names SPEC = Names.of("hostNetwork", "containers", "initContainers", "readinessGates");
    private static final Names GATE = Names.of("conditionType");

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
    static @Nullable PodReader read(JsonWalk json) throws InvalidReviewException {
        if (!json.enterObject()) {
            return null;
        }
        PodReader reader = new PodReader();
        for (String field = json.nextName(POD); field != null; field = json.nextName(POD)) {
            switch (field) {
                case "metadata" -> reader.metadata(json);
                case "spec" -> reader.spec(json);
                default -> json.skip();
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

    private void metadata(JsonWalk json) throws InvalidReviewException {
        hasMetadata = json.enterObject();
        if (!hasMetadata) {
            return;
        }
        for (String field = json.nextName(METADATA); field != null; field = json.nextName(METADATA)) {
            switch (field) {
                case "name" -> name = json.text("");
                case "generateName" -> generateName = json.text("");
                case "labels" -> labels(json);
                case "annotations" -> annotations(json);
                case "ownerReferences" -> owners(json);
                default -> json.skip();
            }
        }
    }

    private void labels(JsonWalk json) throws InvalidReviewException {
        if (!json.enterObject()) {
            return;
        }
        for (String key = json.nextName(LABELS); key != null; key = json.nextName(LABELS)) {
            if (key.equals(Labels.ENABLED)) {
                enabled = json.text();
            } else {
                json.skip();
            }
        }
    }

    private void annotations(JsonWalk json) throws InvalidReviewException {
        hasAnnotations = json.enterObject();
        if (!hasAnnotations) {
            return;
        }
        for (String key = json.nextName(ANNOTATIONS); key != null; key = json.nextName(ANNOTATIONS)) {
            switch (key) {
                case Labels.PROFILE -> profile = json.text();
                case Labels.CONTAINER -> container = json.text();
                case Labels.DEFAULT_NETWORK -> defaultNetwork = NetworksReader.read(json.text());
                case Labels.NETWORKS -> networks = NetworksReader.read(json.text());
                case Labels.MIRROR -> {
                    mirror = true;
                    json.skip();
                }
                default -> json.skip();
            }
        }
    }

    private void owners(JsonWalk json) throws InvalidReviewException {
        if (!json.enterArray()) {
            return;
        }
        while (json.hasElement()) {
            if (json.enterObject()) {
                owner(json);
            }
        }
    }

    private void owner(JsonWalk json) throws InvalidReviewException {
        Map<String, String> reference = new HashMap<>();
        boolean controller = false;
        for (String field = json.nextName(OWNER); field != null; field = json.nextName(OWNER)) {
            if (field.equals("controller")) {
                controller = json.isTrue();
            } else {
                reference.put(field, json.text(""));
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

    private void spec(JsonWalk json) throws InvalidReviewException {
        if (!json.enterObject()) {
            return;
        }
        for (String field = json.nextName(SPEC); field != null; field = json.nextName(SPEC)) {
            switch (field) {
                case "hostNetwork" -> hostNetwork = json.isTrue();
                case "containers" -> regular = ContainersReader.read(json, "/spec/containers/", true);
                case "initContainers" -> restartable = ContainersReader.read(json, "/spec/initContainers/", false);
                case "readinessGates" -> readinessGates = gates(json);
                default -> json.skip();
            }
        }
    }

    private static @Nullable List<String> gates(JsonWalk json) throws InvalidReviewException {
        if (!json.enterArray()) {
            return null;
        }
        List<String> types = new ArrayList<>();
        while (json.hasElement()) {
            if (!json.enterObject()) {
                continue;
            }
            for (String field = json.nextName(GATE); field != null; field = json.nextName(GATE)) {
                String value = json.text("");
                if (field.equals("conditionType")) {
                    types.add(value);
                }
            }
        }
        return types;
    }
}
