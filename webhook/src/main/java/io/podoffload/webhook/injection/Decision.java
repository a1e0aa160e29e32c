package io.podoffload.webhook.injection;

import java.util.List;

/** What happens to a pod at admission. Each case says for itself whether the pod is let in and what the user reads. */
public sealed interface Decision {

    /** The operations to apply; empty means that the pod stays as it is. */
    default List<PatchOperation> patch() {
        return List.of();
    }

    /** Whether the pod may be created at all. */
    default boolean allowed() {
        return true;
    }

    /** Sentences shown to the user by kubectl, at most 120 characters each. */
    default List<String> warnings() {
        return List.of();
    }

    /** CamelCase name for logs and metrics. */
    default String name() {
        return getClass().getSimpleName();
    }

    /** Opted in, and something was missing. */
    record Inject(List<PatchOperation> patch) implements Decision {
        public Inject {
            patch = List.copyOf(patch);
        }
    }

    /** Opted in, and everything is there already: the webhook's own output, or a pod written out by hand. */
    record Complete() implements Decision {}

    /** Not labelled. */
    record NotOptedIn() implements Decision {}

    /** Labelled {@code "false"}. */
    record OptedOut() implements Decision {}

    /** Opted in, but on the host's network, where no CNI is called. */
    record HostNetwork() implements Decision {
        @Override
        public List<String> warnings() {
            return List.of("pod-offload: ignored, a hostNetwork pod gets no VF");
        }
    }

    /** A mirror of a static pod; the API server refuses any change to it. */
    record MirrorPod() implements Decision {
        @Override
        public List<String> warnings() {
            return List.of("pod-offload: ignored, a static pod cannot be changed at admission");
        }
    }

    /** Opted in, but the pod names another default network, which stays. */
    record OtherNetwork(String existing, String wanted) implements Decision {
        @Override
        public List<String> warnings() {
            return List.of(Labels.shorten("pod-offload: ignored, the pod names its own default network " + existing
                    + " instead of " + wanted));
        }
    }

    /** Opted in, but without a container that could hold the request; the API server refuses such a pod itself. */
    record NoContainer() implements Decision {}

    /** The label has a value that means nothing. */
    record InvalidLabel(String value) implements Decision {
        @Override
        public boolean allowed() {
            return false;
        }

        /** Why, and what to write instead. */
        public String message() {
            return "label " + Labels.ENABLED + " is \"" + value
                    + "\": write \"true\" to opt in or \"false\" to opt out";
        }
    }
}
