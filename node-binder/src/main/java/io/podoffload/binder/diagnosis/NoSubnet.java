package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** Kube-OVN from 1.15.18 on gives no address in a provider that no Subnet names. */
final class NoSubnet implements Check<ClusterFacts> {

    @Override
    public String wellWhen() {
        return "each provider has a Subnet";
    }

    @Override
    public Stream<Finding> look(ClusterFacts facts) {
        return facts.subnetProviders().stream()
                .flatMap(providers -> facts.wanted().keySet().stream()
                        .map(ClusterFacts::provider)
                        .filter(provider -> !providers.contains(provider))
                        .map(provider -> error(
                                "no Subnet of Kube-OVN has spec.provider " + provider,
                                "Let the chart make one (kubeOvn.create=true, kubeOvn.subnet.cidr), or make a Subnet with that"
                                        + " provider.")));
    }
}
