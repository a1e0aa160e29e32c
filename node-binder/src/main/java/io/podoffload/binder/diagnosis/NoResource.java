package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** No node offers the resource that pods will ask for, so they stay Pending. */
final class NoResource implements Check<ClusterFacts> {

    @Override
    public String wellWhen() {
        return "some node offers the resource of each profile";
    }

    @Override
    public Stream<Finding> look(ClusterFacts facts) {
        return facts.allocatable().entrySet().stream()
                .filter(entry -> entry.getValue() == 0)
                .map(
                        entry -> error(
                                "no node offers " + entry.getKey(),
                                "Check that the SR-IOV device plugin runs, that its selectors fit the VFs (pod-offload inventory), and that it was started after the VFs were made."));
    }
}
