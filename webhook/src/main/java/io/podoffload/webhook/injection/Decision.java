package io.podoffload.webhook.injection;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What happens to a pod at admission. Each case says for itself whether the pod is let in and what the user reads. */
public sealed interface Decision {

    /** The operations to apply; empty means that the pod stays as it is. */
    default List<PatchOperation> patch() {
        return List.of();
    }

    /** Why the pod may not be created; null where it may. */
    default @Nullable Refusal refusal() {
        return null;
    }

    /** What an injected pod's maker should know. */
    default List<Notice> notices() {
        return List.of();
    }

    /** Sentences shown to the user by kubectl, at most 120 characters each. */
    default List<String> warnings() {
        return notices().isEmpty()
                ? List.of()
                : notices().stream().map(Notice::warning).toList();
    }

    /** CamelCase name for audit, logs and metrics. */
    default String name() {
        return getClass().getSimpleName();
    }

    /** The profile by which it was decided; empty where it did not come to that. */
    default String profile() {
        return "";
    }

    /** Whether the pod wanted a VF and gets none, which its owner should hear of. */
    default boolean unserved() {
        return refusal() != null;
    }

    /** A review of something else: another kind, another operation, a subresource. */
    record NotAPodCreation() implements Decision {}

    /** Neither the pod nor its Namespace asks for anything. */
    record NotOptedIn() implements Decision {}

    /** Labelled {@code "false"}. */
    record OptedOut() implements Decision {}

    /** Opted in, and something was missing. */
    record Inject(String profile, int vfs, List<PatchOperation> patch, List<Notice> notices) implements Decision {}

    /** Opted in, and everything is there already: the webhook's own output, or a pod written out by hand. */
    record Complete(String profile, List<Notice> notices) implements Decision {}

    /** Opted in, and left as it is all the same. */
    sealed interface Ignored extends Decision {
        /** Why, as the rest of a sentence. */
        String cause();

        @Override
        default List<String> warnings() {
            return List.of(Warnings.of("ignored, " + cause()));
        }

        @Override
        default boolean unserved() {
            return true;
        }
    }

    /** Labelled, in a Namespace that never offloads. */
    record NamespaceNever() implements Ignored {
        @Override
        public String cause() {
            return "the Namespace's policy is never";
        }
    }

    /** A mirror of a static pod; the API server refuses any change to it. */
    record MirrorPod() implements Ignored {
        @Override
        public String cause() {
            return "a static pod cannot be changed at admission";
        }
    }

    /** On the host's network, where no CNI is called. */
    record HostNetwork() implements Ignored {
        @Override
        public String cause() {
            return "a hostNetwork pod gets no VF";
        }
    }

    /** Without a container that could hold the request; the API server refuses such a pod itself. */
    record NoContainer() implements Ignored {
        @Override
        public String cause() {
            return "the pod has no container";
        }
    }

    /** The pod asks for something else than its profile gives, and keeps it. */
    sealed interface Conflicting extends Ignored {}

    /** The pod names another default network. */
    record OtherNetwork(String profile, String existing, NetworkRef wanted) implements Conflicting {
        @Override
        public String cause() {
            return "the pod's default network is " + existing + ", not " + wanted;
        }
    }

    /** The pod asks for the VFs of another profile. */
    record OtherResource(String profile, String existing, String wanted) implements Conflicting {
        @Override
        public String cause() {
            return "the pod asks for " + existing + ", not " + wanted;
        }
    }

    /** One of the two above where conflicts are denied. */
    record Denied(Conflicting conflict) implements Decision {
        @Override
        public String name() {
            return conflict.name() + "Denied";
        }

        @Override
        public String profile() {
            return conflict.profile();
        }

        @Override
        public Refusal refusal() {
            return new Refusal(
                    Refusal.FORBIDDEN,
                    conflict.cause() + ": remove it, name another profile in " + Labels.PROFILE + ", or do not opt in");
        }
    }

    /** The label has a value that means nothing. */
    record InvalidLabel(String value) implements Decision {
        @Override
        public Refusal refusal() {
            return new Refusal(
                    Refusal.UNPROCESSABLE,
                    "label " + Labels.ENABLED + " is \"" + value
                            + "\": write \"true\" to opt in or \"false\" to opt out");
        }
    }

    /** The pod or its Namespace names a profile that the policy does not have. */
    record UnknownProfile(String value, List<String> known) implements Decision {
        @Override
        public Refusal refusal() {
            return new Refusal(
                    Refusal.UNPROCESSABLE,
                    "annotation " + Labels.PROFILE + " of the pod or its Namespace is \"" + value
                            + "\", and there is no such profile: write one of " + String.join(", ", known));
        }
    }

    /** The pod names a container for the request that it does not have. */
    record UnknownContainer(String value, List<String> known) implements Decision {
        @Override
        public Refusal refusal() {
            return new Refusal(
                    Refusal.UNPROCESSABLE,
                    "annotation " + Labels.CONTAINER + " is \"" + value
                            + "\", which is no regular or restartable init container of the pod: write one of "
                            + String.join(", ", known));
        }
    }

    /** The pod came sooner than its Namespace; without it nobody knows whether it may have a VF, and which. */
    record UnknownNamespace(String namespace) implements Decision {
        @Override
        public Refusal refusal() {
            return new Refusal(
                    Refusal.FORBIDDEN,
                    "Namespace \"" + namespace + "\" is not known yet to pod-offload: retry in a moment");
        }
    }
}
