package io.podoffload.webhook.admission;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** What the API server and Multus ask of a pod with VFs. */
final class PodRules {

    private PodRules() {}

    /** Rules that {@code after} breaks and {@code before} did not, for a profile with this resource. */
    static List<String> broken(JsonNode before, JsonNode after, String resource) {
        List<String> broken = new ArrayList<>();
        if (after.at("/metadata/annotations")
                .path("v1.multus-cni.io/default-network")
                .asString("")
                .isEmpty()) {
            broken.add("no default network");
        }
        int holders = 0;
        for (String list : List.of("containers", "initContainers")) {
            JsonNode containers = after.path("spec").path(list);
            for (int index = 0; index < containers.size(); index++) {
                JsonNode old = before.path("spec").path(list).path(index).path("resources");
                JsonNode now = containers.path(index).path("resources");
                boolean plainInit = list.equals("initContainers")
                        && !containers
                                .path(index)
                                .path("restartPolicy")
                                .asString("")
                                .equals("Always");
                holders += !plainInit && !quantity(now, "limits", resource).isEmpty() ? 1 : 0;
                if (!plainInit && unequal(now, resource) && !bothGiven(old, resource)) {
                    broken.add(list + " " + index + ": limit and request differ");
                }
                kept(old, now, broken);
            }
        }
        if (holders == 0) {
            broken.add("no container has a VF");
        }
        List<String> gates = new ArrayList<>();
        after.path("spec")
                .path("readinessGates")
                .forEach(gate -> gates.add(gate.path("conditionType").asString()));
        if (new TreeSet<>(gates).size() != gates.size()) {
            broken.add("a readiness gate twice");
        }
        return broken;
    }

    /** Whatever quantity the pod had, it keeps. */
    private static void kept(JsonNode old, JsonNode now, List<String> broken) {
        for (String field : List.of("limits", "requests")) {
            old.path(field).properties().stream()
                    .filter(entry -> entry.getValue().isString())
                    .filter(entry -> !entry.getValue().equals(now.path(field).path(entry.getKey())))
                    .forEach(entry -> broken.add(field + " lost " + entry));
        }
    }

    private static boolean unequal(JsonNode resources, String resource) {
        return !quantity(resources, "limits", resource).equals(quantity(resources, "requests", resource));
    }

    private static boolean bothGiven(JsonNode resources, String resource) {
        return !quantity(resources, "limits", resource).isEmpty()
                && !quantity(resources, "requests", resource).isEmpty();
    }

    private static String quantity(JsonNode resources, String field, String resource) {
        return resources.path(field).path(resource).asString("");
    }
}
