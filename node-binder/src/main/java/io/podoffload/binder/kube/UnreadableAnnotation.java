package io.podoffload.binder.kube;

import org.jspecify.annotations.Nullable;

/** An annotation of a pod that is not what Multus and Kube-OVN write; the message names it and what is wrong. */
public final class UnreadableAnnotation extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    UnreadableAnnotation(String message, @Nullable Exception cause) {
        super(message, cause);
    }
}
