package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The settings that a pod template gives its program, some of them replaced by what is true on the simulated node. */
final class Settings {

    private final Map<String, String> values = new LinkedHashMap<>();

    Settings(PodSpec pod) {
        for (String argument : pod.getContainers().get(0).getArgs()) {
            if (argument.startsWith("--")) {
                String[] parts = argument.substring(2).split("=", 2);
                values.put(parts[0], parts[1]);
            }
        }
    }

    Settings with(String property, Object value) {
        values.put(property, value.toString());
        return this;
    }

    List<String> arguments() {
        return values.entrySet().stream()
                .map(entry -> "--" + entry.getKey() + "=" + entry.getValue())
                .toList();
    }
}
