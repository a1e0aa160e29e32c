package io.podoffload.binder.examine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.podoffload.binder.diagnosis.ClusterFacts;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Objects as kubectl prints them, one document after the other. */
class ClusterObjectsTest {

    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    private static ClusterFacts facts(String... documents) throws IOException {
        byte[] bytes = String.join("\n", documents).getBytes(StandardCharsets.UTF_8);
        return new ClusterExamination(ClusterObjects.parse(new ByteArrayInputStream(bytes)), Set.of(RESOURCE)).facts();
    }

    @Test
    void nothingIsKnownOfAClusterThatShowsNothing() throws IOException {
        ClusterFacts facts = facts();

        assertThat(facts.networks()).isEmpty();
        assertThat(facts.subnetProviders()).isEmpty();
        assertThat(facts.enableLb()).isEmpty();
        assertThat(facts.wanted()).isEqualTo(Map.of("default/default", RESOURCE));
    }

    @Test
    void anEmptyListOfAKindSaysThatTheClusterHasTheKind() throws IOException {
        ClusterFacts facts = facts("{\"kind\":\"NetworkAttachmentDefinitionList\",\"items\":[]}");

        assertThat(facts.networks()).contains(Map.of());
        assertThat(facts.subnetProviders()).isEmpty();
    }

    @Test
    void allThatTheChecksNeedIsReadFromListsAndSingleObjects() throws IOException {
        ClusterFacts facts = facts(
                """
                {"kind":"ConfigMap","metadata":{"name":"pod-offload-policy"},
                 "data":{"policy.yaml":"profiles:\\n  default: {network: net/one, resource: x.com/vf}"}}
                """,
                """
                {"kind":"NodeList","items":[{"status":{"allocatable":{"x.com/vf":"4"}}},
                  {"status":{"allocatable":{"x.com/vf":"3","cpu":"2"}}},null]}
                """,
                """
                {"kind":"NetworkAttachmentDefinitionList","items":[{"metadata":{"namespace":"net","name":"one",
                  "annotations":{"k8s.v1.cni.cncf.io/resourceName":"x.com/vf"}},
                  "spec":{"config":"{\\"plugins\\":[{\\"provider\\":\\"one.net.ovn\\"}]}"}}]}
                """,
                "{\"kind\":\"SubnetList\",\"items\":[{\"spec\":{\"provider\":\"one.net.ovn\"}},{\"spec\":{}}]}",
                """
                {"kind":"List","items":[{"kind":"Deployment","metadata":{"labels":{"app":"kube-ovn-controller"}},
                  "spec":{"template":{"spec":{"containers":[{"args":["--enable-lb=false"]}]}}}}]}
                """,
                """
                {"kind":"List","items":[{"kind":"DaemonSet","metadata":{"labels":{"app":"other"}}},
                  {"kind":"DaemonSet","metadata":{"labels":{"app":"multus"}},
                   "spec":{"template":{"spec":{"containers":[{"command":["/thin"],"args":["-a"]}]}}}}]}
                """);

        assertThat(facts.wanted()).isEqualTo(Map.of("net/one", "x.com/vf"));
        assertThat(facts.allocatable()).isEqualTo(Map.of("x.com/vf", 7L));
        assertThat(facts.networks()).contains(Map.of("net/one", new ClusterFacts.Network("one.net.ovn", "x.com/vf")));
        assertThat(facts.subnetProviders()).contains(Set.of("one.net.ovn"));
        assertThat(facts.enableLb()).isEqualTo(Optional.of(false));
        assertThat(facts.multusArguments().orElseThrow()).containsExactly("/thin", "-a");
    }

    @Test
    void whatIsNoJsonIsRefusedInASentence() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> facts("Error from server (Forbidden): no"))
                .withMessageStartingWith("the objects of the cluster are no JSON: ");
    }
}
