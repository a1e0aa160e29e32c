package io.podoffload.binder.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.podoffload.binder.binding.PlainText;
import io.podoffload.binder.binding.PodRef;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who asks the binder to change nothing for a while: the annotation {@code pod-offload.io/paused} on its Node, for all VFs, or on a pod,
 * for what the binder does for this pod. Any value but {@code false} pauses; it may say why.
 */
public final class Pause {

    private static final Logger LOG = LoggerFactory.getLogger(Pause.class);

    private final ThisNode node;
    private final NodePods pods;
    private final Runnable onChange;
    private volatile Optional<String> ofNode = Optional.empty();

    /** @param onChange called when the Node's annotation appeared, changed or went */
    public Pause(ThisNode node, NodePods pods, Runnable onChange) {
        this.node = node;
        this.pods = pods;
        this.onChange = onChange;
        node.listen(() -> take(node.object().flatMap(Pause::of)));
    }

    private void take(Optional<String> reason) {
        if (reason.equals(ofNode)) {
            return;
        }
        ofNode = reason;
        reason.ifPresentOrElse(
                value -> LOG.warn(
                        "{}: this binder changes nothing until it is taken away",
                        sentence("Node " + node.name(), value)),
                () -> LOG.info(
                        "the annotation {} of Node {} is gone: the binder goes on", Annotations.PAUSED, node.name()));
        onChange.run();
    }

    /** Whether the whole node is paused; a sentence on who says so. */
    public Optional<String> ofNode() {
        return ofNode.map(value -> sentence("Node " + node.name(), value));
    }

    /** Whether what is done for this pod is paused; a sentence on who says so. */
    public Optional<String> of(PodRef pod) {
        return pods.findByUid(pod.uid()).flatMap(PodView::paused).map(value -> sentence("pod " + pod, value));
    }

    static String sentence(String object, String value) {
        return object + " has the annotation " + Annotations.PAUSED + ": " + PlainText.quoted(value);
    }

    /** The value of the annotation where it pauses. */
    static Optional<String> of(HasMetadata object) {
        @Nullable Map<String, String> annotations = object.getMetadata().getAnnotations();
        return annotations == null
                ? Optional.empty()
                : Optional.ofNullable(annotations.get(Annotations.PAUSED)).filter(value -> !value.equals("false"));
    }
}
