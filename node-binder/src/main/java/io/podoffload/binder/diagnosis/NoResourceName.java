package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** Without the annotation Multus hands no deviceID to the CNI, which then gives the pod a veth. */
final class NoResourceName implements Check<ClusterFacts> {

    @Override
    public String wellWhen() {
        return "each NetworkAttachmentDefinition names its resource";
    }

    @Override
    public Stream<Finding> look(ClusterFacts facts) {
        return facts.used()
                .filter(used -> !used.network().resourceName().equals(used.resource()))
                .map(used -> error(
                        "NetworkAttachmentDefinition " + used.name() + " has k8s.v1.cni.cncf.io/resourceName '"
                                + used.network().resourceName() + "', not '" + used.resource()
                                + "', so no deviceID reaches the CNI and pods get a veth",
                        "Annotate it: kubectl annotate net-attach-def k8s.v1.cni.cncf.io/resourceName="
                                + used.resource() + ", and create the pods again."));
    }
}
