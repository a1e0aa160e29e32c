package io.podoffload.binder.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClusterChecksTest {

    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    private Optional<Map<String, ClusterFacts.Network>> networks =
            Optional.of(Map.of("default/default", new ClusterFacts.Network("default.default.ovn", RESOURCE)));
    private Set<String> providers = Set.of("ovn", "default.default.ovn");
    private long allocatable = 8;
    private boolean enableLb;
    private List<String> multus = List.of("/usr/src/multus-cni/bin/multus-daemon");

    private ClusterFacts facts() {
        return new ClusterFacts(
                networks,
                Map.of("default/default", RESOURCE),
                Optional.of(providers),
                Map.of(RESOURCE, allocatable),
                Optional.of(enableLb),
                Optional.of(multus));
    }

    private void assertFound(Class<?> check, String evidence) {
        assertThat(Checks.ofCluster(facts())).singleElement().satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(check.getSimpleName());
            assertThat(finding.evidence()).contains(evidence);
            assertThat(finding.cure()).isNotBlank();
        });
    }

    @Test
    void whereAllIsWellNothingIsFound() {
        assertThat(Checks.ofCluster(facts())).isEmpty();
    }

    @Test
    void networkMissing() {
        networks = Optional.of(Map.of());
        assertFound(NetworkMissing.class, "there is no NetworkAttachmentDefinition default/default");
        networks = Optional.empty();
        assertFound(NetworkMissing.class, "knows no NetworkAttachmentDefinition");
    }

    @Test
    void noResourceName() {
        networks = Optional.of(Map.of("default/default", new ClusterFacts.Network("default.default.ovn", "")));
        assertFound(NoResourceName.class, "no deviceID reaches the CNI");
    }

    @Test
    void wrongProvider() {
        networks = Optional.of(Map.of("default/default", new ClusterFacts.Network("ovn", RESOURCE)));
        assertFound(WrongProvider.class, "is 'ovn'");
    }

    @Test
    void noSubnet() {
        providers = Set.of("ovn");
        assertFound(NoSubnet.class, "no Subnet of Kube-OVN has spec.provider default.default.ovn");
    }

    @Test
    void loadBalancer() {
        enableLb = true;
        assertFound(LoadBalancerOn.class, "--enable-lb=true");
    }

    @Test
    void noResource() {
        allocatable = 0;
        assertFound(NoResource.class, "no node offers " + RESOURCE);
    }

    @Test
    void thinMultus() {
        multus = List.of("/thin_entrypoint");
        assertFound(ThinMultus.class, "thin");
    }
}
