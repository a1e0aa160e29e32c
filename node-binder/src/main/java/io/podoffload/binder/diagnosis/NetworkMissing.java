package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** A profile names a NetworkAttachmentDefinition that is not there. */
final class NetworkMissing implements Check<ClusterFacts> {

    @Override
    public String wellWhen() {
        return "the NetworkAttachmentDefinition of each profile is there";
    }

    @Override
    public Stream<Finding> look(ClusterFacts facts) {
        if (facts.networks().isEmpty()) {
            return Stream.of(error(
                    "the cluster knows no NetworkAttachmentDefinition", "Install Multus, which brings the kind."));
        }
        return facts.wanted().keySet().stream()
                .filter(name -> !facts.networks().get().containsKey(name))
                .map(name -> error(
                        "there is no NetworkAttachmentDefinition " + name,
                        "Let the chart make it (kubeOvn.create=true), or correct the profile's network."));
    }
}
