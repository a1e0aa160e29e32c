package io.podoffload.binder.kube;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/**
 * A Node with no more of it than its metadata.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/">Node v1</a>
 */
@Group("")
@Version("v1")
@Kind("Node")
@Plural("nodes")
@JsonDeserialize(using = ValueDeserializer.None.class) // and not by its kind, which Nodes in a list do not carry
@JsonIgnoreProperties(ignoreUnknown = true)
public final class WatchedNode implements HasMetadata {

    private String apiVersion = "v1";
    private ObjectMeta metadata = new ObjectMeta();

    @Override
    public String getApiVersion() {
        return apiVersion;
    }

    @Override
    public void setApiVersion(String apiVersion) {
        this.apiVersion = apiVersion;
    }

    @Override
    public ObjectMeta getMetadata() {
        return metadata;
    }

    /** Managed fields are longer than all the rest, and are not kept. */
    @Override
    public void setMetadata(ObjectMeta metadata) {
        metadata.setManagedFields(List.of());
        this.metadata = metadata;
    }
}
