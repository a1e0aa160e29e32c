package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** Kube-OVN serves a network by its provider, which names the NetworkAttachmentDefinition. */
final class WrongProvider implements Check<ClusterFacts> {

    @Override
    public String wellWhen() {
        return "the provider of each NetworkAttachmentDefinition is its own name";
    }

    @Override
    public Stream<Finding> look(ClusterFacts facts) {
        return facts.used()
                .filter(used -> !used.network().provider().equals(ClusterFacts.provider(used.name())))
                .map(used -> error(
                        "the provider of NetworkAttachmentDefinition " + used.name() + " is '"
                                + used.network().provider() + "'",
                        "Set it to '" + ClusterFacts.provider(used.name()) + "' in spec.config."));
    }
}
