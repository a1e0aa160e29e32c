package io.podoffload.webhook.admission;

import java.util.List;
import java.util.Random;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Pods as odd as JSON allows: any map or list may be absent, null, empty or filled. The same seed, the same pods. */
final class RandomPods {

    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";
    private static final List<String> KEYS =
            List.of("app", "a/b", "a~b", "v1.multus-cni.io/default-network", "pod-offload.io/container", "ü");

    private final JsonMapper json = JsonMapper.shared();
    private final Random random;

    RandomPods(long seed) {
        random = new Random(seed);
    }

    ObjectNode next() {
        ObjectNode pod = json.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
        ObjectNode metadata = pod.putObject("metadata").put("name", "p" + random.nextInt(1000));
        metadata.putObject("labels").put("pod-offload.io/enabled", "true");
        switch (random.nextInt(4)) {
            case 0 -> metadata.putNull("annotations");
            case 1 -> metadata.putObject("annotations");
            case 2 -> fill(metadata.putObject("annotations"), KEYS, "default/default");
            default -> {}
        }
        ObjectNode spec = pod.putObject("spec");
        if (random.nextInt(5) == 0) {
            spec.put("hostNetwork", random.nextBoolean());
        }
        containers(spec, "containers");
        if (random.nextBoolean()) {
            containers(spec, "initContainers");
        }
        return pod;
    }

    private void containers(ObjectNode spec, String field) {
        switch (random.nextInt(8)) {
            case 0 -> spec.putNull(field);
            case 1 -> spec.putArray(field);
            default -> {
                ArrayNode list = spec.putArray(field);
                for (int count = 1 + random.nextInt(3); count > 0; count--) {
                    container(list);
                }
            }
        }
    }

    private void container(ArrayNode list) {
        if (random.nextInt(10) == 0) {
            list.addNull();
            return;
        }
        ObjectNode container = list.addObject().put("name", "c" + list.size());
        if (random.nextInt(3) == 0) {
            container.put("restartPolicy", "Always");
        }
        switch (random.nextInt(4)) {
            case 0 -> container.putNull("resources");
            case 1 -> container.putObject("resources");
            case 2 -> {
                ObjectNode resources = container.putObject("resources");
                quantities(resources, "limits");
                quantities(resources, "requests");
            }
            default -> {}
        }
    }

    private void quantities(ObjectNode resources, String field) {
        switch (random.nextInt(4)) {
            case 0 -> resources.putNull(field);
            case 1 -> resources.putObject(field);
            case 2 -> fill(resources.putObject(field), List.of("cpu", "memory", RESOURCE, "example.com/gpu"), "1");
            default -> {}
        }
    }

    private void fill(ObjectNode map, List<String> keys, String value) {
        for (String key : keys) {
            switch (random.nextInt(4)) {
                case 0 -> map.put(key, value);
                case 1 -> map.putNull(key);
                default -> {}
            }
        }
    }
}
