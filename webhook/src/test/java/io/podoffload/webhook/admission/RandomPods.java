package io.podoffload.webhook.admission;

import java.util.List;
import java.util.Random;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Pods as odd as JSON allows: any map or list may be absent, null, empty or filled. The same seed, the same pods. */
final class RandomPods {

    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";
    private static final List<String> KEYS = List.of("app", "a/b", "a~b", "ü");

    private final JsonMapper json = JsonMapper.shared();
    private final Random random;

    RandomPods(long seed) {
        random = new Random(seed);
    }

    ObjectNode next() {
        ObjectNode pod = json.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
        switch (random.nextInt(12)) {
            case 0 -> pod.putNull("metadata");
            case 1 -> {}
            default -> metadata(pod.putObject("metadata"));
        }
        switch (random.nextInt(20)) {
            case 0 -> pod.putNull("spec");
            case 1 -> {}
            default -> spec(pod.putObject("spec"));
        }
        return pod;
    }

    private void metadata(ObjectNode metadata) {
        metadata.put("name", "p" + random.nextInt(1000));
        if (random.nextInt(10) > 0) {
            metadata.putObject("labels").put("pod-offload.io/enabled", random.nextInt(20) > 0 ? "true" : "false");
        }
        switch (random.nextInt(4)) {
            case 0 -> metadata.putNull("annotations");
            case 1 -> metadata.putObject("annotations");
            case 2 -> annotations(metadata.putObject("annotations"));
            default -> {}
        }
    }

    private void annotations(ObjectNode annotations) {
        fill(annotations, KEYS, "x");
        fill(annotations, List.of("v1.multus-cni.io/default-network"), oneOf("default/default", "a/b", "[]", ""));
        fill(
                annotations,
                List.of("k8s.v1.cni.cncf.io/networks"),
                oneOf(
                        "fast",
                        "fast@net1,slow",
                        "[{\"name\":\"fast\"},{\"name\":\"blue\",\"namespace\":\"shop\"}]",
                        "[",
                        "/"));
        fill(annotations, List.of("pod-offload.io/container"), oneOf("c1", "c2", "c9"));
        fill(annotations, List.of("pod-offload.io/profile"), oneOf("default", "bluefield", "gold"));
    }

    private String oneOf(String... values) {
        return values[random.nextInt(values.length)];
    }

    private void spec(ObjectNode spec) {
        if (random.nextInt(5) == 0) {
            spec.put("hostNetwork", random.nextBoolean());
        }
        switch (random.nextInt(5)) {
            case 0 -> spec.putNull("readinessGates");
            case 1 -> spec.putArray("readinessGates");
            case 2 ->
                spec.putArray("readinessGates").addObject().put("conditionType", oneOf("a", "pod-offload.io/bound"));
            default -> {}
        }
        containers(spec, "containers");
        if (random.nextBoolean()) {
            containers(spec, "initContainers");
        }
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
            case 2 ->
                fill(
                        resources.putObject(field),
                        List.of("cpu", "memory", RESOURCE, "example.com/gpu"),
                        oneOf("0", "1", "2"));
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
