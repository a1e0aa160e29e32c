package io.podoffload.webhook.injection;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network selection annotation as the pod has it.
 *
 * @param text the annotation's value, null where the pod has none
 * @param selections what it selects, null where nobody can tell
 */
public record Networks(@Nullable String text, @Nullable List<NetworkSelection> selections) {

    /** The annotation is not there. */
    public static final Networks NONE = new Networks(null, List.of());

    boolean absent() {
        return text == null;
    }

    /** Whether it selects {@code network} and nothing else, in whatever form. */
    boolean isOnly(NetworkRef network, String defaultNamespace) {
        return selections != null
                && selections.size() == 1
                && selections.get(0).in(defaultNamespace).equals(network);
    }
}
