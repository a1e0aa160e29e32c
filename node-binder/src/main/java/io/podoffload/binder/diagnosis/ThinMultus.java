package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** The thin Multus, and old ones, hand no deviceID to the default network. */
final class ThinMultus implements Check<ClusterFacts> {

    @Override
    public String wellWhen() {
        return "Multus is the thick one";
    }

    @Override
    public Stream<Finding> look(ClusterFacts facts) {
        return facts
                .multusArguments()
                .filter(arguments -> arguments.stream().noneMatch(argument -> argument.contains("multus-daemon")))
                .stream()
                .map(arguments -> warning(
                        "Multus' DaemonSet does not run multus-daemon, so it seems to be the thin one: " + arguments,
                        "Install the thick Multus 4 (deployments/multus-daemonset-thick.yml)."));
    }
}
