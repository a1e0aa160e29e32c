package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** The settings that a pod template gives its program, some of them replaced by what is true on the simulated node. */
final class Settings {

    private static final String AS_JSON = "SPRING_APPLICATION_JSON";

    private final Map<String, String> values = new LinkedHashMap<>(); // by property
    private final Map<String, String> variables = new LinkedHashMap<>();

    /** @param node what the downward API gives as spec.nodeName */
    Settings(PodSpec pod, String node) {
        Container container = pod.getContainers().get(0);
        for (String argument : container.getArgs()) {
            if (argument.startsWith("--")) {
                String[] parts = argument.substring(2).split("=", 2);
                values.put(parts[0], parts[1]);
            }
        }
        for (EnvVar variable : container.getEnv()) {
            variables.put(variable.getName(), variable.getValueFrom() == null ? variable.getValue() : node);
        }
        JsonMapper.shared()
                .readTree(variables.getOrDefault(AS_JSON, "{}"))
                .forEachEntry((property, value) -> values.put(property, value.asString()));
    }

    Settings with(String property, Object value) {
        values.put(property, value.toString());
        return this;
    }

    /** Of a program that gets its settings by arguments. */
    List<String> arguments() {
        return values.entrySet().stream()
                .map(entry -> "--" + entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    /** Of a program that gets its settings by variables; those that are replaced as the chart's nodeBinder.settings. */
    Map<String, String> environment() {
        Map<String, String> all = new LinkedHashMap<>(variables);
        all.put(AS_JSON, JsonMapper.shared().writeValueAsString(values));
        return all;
    }
}
