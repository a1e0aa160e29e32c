package io.podoffload.chart;

import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What Helm makes of the chart and these values. */
public final class RenderedChart {

    public static final String NAMESPACE = "pod-offload";
    private static final String HOOK = "rendered.helm.sh/hook";

    private final List<HasMetadata> objects;

    private RenderedChart(List<HasMetadata> objects) {
        this.objects = objects;
    }

    /** Folder of the chart in the project. */
    public static Path folder(Path project) {
        return project.resolve("charts/pod-offload");
    }

    /**
     * Renders without a cluster.
     *
     * @param values YAML, on top of the chart's own
     * @throws IllegalStateException with Helm's words if the values are refused
     */
    public static RenderedChart of(Path project, String values) {
        return of(project, values, "1.34.0");
    }

    public static RenderedChart of(Path project, String values, String kubernetes) {
        try {
            Path copy = Files.createTempDirectory("chart");
            try {
                copyWithHooksAsObjects(folder(project), copy);
                Path file = Files.writeString(copy.resolve("values-of-the-user.yaml"), values);
                return new RenderedChart(parse(new Helm(copy)
                        .template()
                        .withName("pod-offload")
                        .withNamespace(NAMESPACE)
                        .withKubeVersion(kubernetes)
                        .set("checkCluster", false)
                        .withValuesFile(file)
                        .call()));
            } finally {
                delete(copy);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Unlike Helm's command line, its library leaves hooks out of what it renders. */
    private static void copyWithHooksAsObjects(Path chart, Path copy) throws IOException {
        try (Stream<Path> files = Files.walk(chart)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = copy.resolve(chart.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.writeString(target, Files.readString(file).replace("\"helm.sh/hook\"", "\"" + HOOK + "\""));
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static List<HasMetadata> parse(String manifest) {
        KubernetesSerialization serialization = new KubernetesSerialization();
        return Arrays.stream(manifest.split("(?m)^---\\s*$"))
                .filter(document -> document.lines().anyMatch(line -> !line.isBlank() && !line.startsWith("#")))
                .map(document -> {
                    Object object = serialization.unmarshal(
                            new ByteArrayInputStream(document.getBytes(StandardCharsets.UTF_8)));
                    return object instanceof Collection<?> several
                            ? (HasMetadata) several.iterator().next()
                            : (HasMetadata) object;
                })
                .toList();
    }

    /** All that stays, in Helm's order. */
    public List<HasMetadata> objects() {
        return objects.stream().filter(object -> !isHook(object)).toList();
    }

    /** What there is for a while when this happens, such as {@code pre-delete}. */
    public List<HasMetadata> hooks(String event) {
        return objects.stream()
                .filter(RenderedChart::isHook)
                .filter(object -> annotations(object).getOrDefault(HOOK, "").equals(event))
                .toList();
    }

    public List<HasMetadata> all() {
        return objects;
    }

    private static boolean isHook(HasMetadata object) {
        return annotations(object).containsKey(HOOK);
    }

    private static Map<String, String> annotations(HasMetadata object) {
        Map<String, String> annotations = object.getMetadata().getAnnotations();
        return annotations == null ? Map.of() : annotations;
    }

    /** The one object of this type and name. */
    public <T extends HasMetadata> T one(Class<T> type, String name) {
        return all(type).stream()
                .filter(object -> object.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalStateException("the chart renders no " + type.getSimpleName() + " " + name));
    }

    public <T extends HasMetadata> List<T> all(Class<T> type) {
        return objects.stream().filter(type::isInstance).map(type::cast).toList();
    }
}
