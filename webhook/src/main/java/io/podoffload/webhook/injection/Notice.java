package io.podoffload.webhook.injection;

/** Something that whoever made an injected pod should know. */
public sealed interface Notice {

    /** At most 120 characters. */
    String warning();

    /** CamelCase name for audit and metrics. */
    default String name() {
        return getClass().getSimpleName();
    }

    /** The Namespace's policy label has a value that means nothing, and counts as opt-in. */
    record UnknownPolicy(String value) implements Notice {
        @Override
        public String warning() {
            return Warnings.of("the Namespace's label " + Labels.POLICY + " must be opt-in, always or never, not \""
                    + value + "\"");
        }
    }

    /** A network that no NetworkAttachmentDefinition is known for; a secondary one counts no VF. */
    record UnknownNetwork(NetworkRef network) implements Notice {
        @Override
        public String warning() {
            return Warnings.of("no NetworkAttachmentDefinition " + network + " is known; no VF is counted for it");
        }
    }

    /** The profile's own network is not there: the pod will not start before it is. */
    record MissingNetwork(NetworkRef network) implements Notice {
        @Override
        public String warning() {
            return Warnings.of(
                    "no NetworkAttachmentDefinition " + network + " is known; create it, or the pod cannot start");
        }
    }

    /** Without the annotation on its network Multus hands the VF to nobody. */
    record NetworkWithoutResource(NetworkRef network, String resource) implements Notice {
        @Override
        public String warning() {
            return Warnings.of("network " + network + " lacks k8s.v1.cni.cncf.io/resourceName: " + resource);
        }
    }

    /** The annotation of secondary networks cannot be read, so none of them is counted. */
    record UnreadableNetworks() implements Notice {
        @Override
        public String warning() {
            return Warnings.of("annotation " + Labels.NETWORKS + " cannot be read; its networks are not counted");
        }
    }

    /**
     * The default network and a secondary one use the same resource: Multus keeps no count between the two and hands
     * the same device to both.
     */
    record SharedDevice() implements Notice {
        @Override
        public String warning() {
            return Warnings.of("Multus gives default and secondary network the same VF; use two resources instead");
        }
    }

    /** The pod asks for fewer VFs than it has networks for them, and is taken at its word. */
    record TooFew(String asked, int needed) implements Notice {
        @Override
        public String warning() {
            return Warnings.of(
                    "the pod asks for " + asked + " VFs and its networks need " + needed + "; left as it is");
        }
    }

    /** Nobody would open the readiness gate. */
    record NoBinder(String resource) implements Notice {
        @Override
        public String warning() {
            return Warnings.of("no node-binder reports from a node with " + resource + "; the pod waits for one");
        }
    }
}
