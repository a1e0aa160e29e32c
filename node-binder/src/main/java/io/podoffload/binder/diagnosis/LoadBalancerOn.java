package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/** Kube-OVN's load balancer puts flows into OVN that NICs do not offload. */
final class LoadBalancerOn implements Check<ClusterFacts> {

    @Override
    public String wellWhen() {
        return "Kube-OVN's load balancer is off";
    }

    @Override
    public Stream<Finding> look(ClusterFacts facts) {
        return facts.enableLb().filter(on -> on).stream()
                .map(on -> warning(
                        "kube-ovn-controller runs with --enable-lb=true",
                        "Install Kube-OVN with ENABLE_LB=false, and let kube-proxy or another do it."));
    }
}
