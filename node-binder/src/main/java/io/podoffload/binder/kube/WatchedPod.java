package io.podoffload.binder.kube;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/**
 * A Pod with no more of it than the binder reads or writes. Volumes, probes and environments of all pods of a node would fill the
 * memory of a binder, and each change of one of them would be parsed for nothing.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/">Pod v1</a>
 */
@Group("")
@Version("v1")
@Kind("Pod")
@Plural("pods")
@JsonDeserialize(using = ValueDeserializer.None.class) // and not by its kind, which pods in a list do not carry
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class WatchedPod implements HasMetadata, Namespaced {

    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

    private String apiVersion = "v1";
    private String kind = "Pod";
    private ObjectMeta metadata = new ObjectMeta();
    private @Nullable Spec spec;
    private @Nullable Status status;

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Spec(
            @Nullable String nodeName,
            @Nullable Boolean hostNetwork,
            @Nullable List<Container> containers,
            @Nullable List<Container> initContainers,
            @Nullable List<ReadinessGate> readinessGates) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Container(@Nullable Resources resources) {}

    /** @param requests quantities by resource */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Resources(@Nullable Map<String, String> requests) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record ReadinessGate(String conditionType) {}

    /** @param reason and {@code message}: why it failed */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Status(
            @Nullable String phase,
            @Nullable String reason,
            @Nullable String message,
            @Nullable List<PodCondition> conditions) {

        /** What the binder writes of it. */
        static Status of(List<PodCondition> conditions) {
            return new Status(null, null, null, conditions);
        }
    }

    @Override
    public String getApiVersion() {
        return apiVersion;
    }

    @Override
    public void setApiVersion(String apiVersion) {
        this.apiVersion = apiVersion;
    }

    @Override
    public String getKind() {
        return kind;
    }

    public void setKind(String kind) {
        this.kind = kind;
    }

    @Override
    public ObjectMeta getMetadata() {
        return metadata;
    }

    /** What others note there for themselves, often more than all the rest, is not kept. */
    @Override
    public void setMetadata(ObjectMeta metadata) {
        metadata.setManagedFields(List.of());
        if (metadata.getAnnotations() != null) {
            metadata.getAnnotations().remove(LAST_APPLIED);
        }
        this.metadata = metadata;
    }

    public @Nullable Spec getSpec() {
        return spec;
    }

    public void setSpec(@Nullable Spec spec) {
        this.spec = spec;
    }

    public @Nullable Status getStatus() {
        return status;
    }

    public void setStatus(@Nullable Status status) {
        this.status = status;
    }
}
