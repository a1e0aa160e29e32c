package io.podoffload.webhook.injection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InjectionPolicyTest {

    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";
    private static final Map<String, String> OPTED_IN = Map.of("pod-offload.io/enabled", "true");
    private static final Map<String, String> ONE = Map.of(RESOURCE, "1");
    private static final ContainerFacts BARE = new ContainerFacts("/spec/containers/0", false, Map.of(), Map.of());

    private final InjectionPolicy policy = new InjectionPolicy(new Profile("default/default", RESOURCE));

    @Test
    void aPodWithoutTheLabelIsLeftAlone() {
        assertThat(policy.decide(new PodFacts(Map.of("app", "x"), Map.of(), false, List.of(BARE))))
                .isEqualTo(new Decision.NotOptedIn());
    }

    @Test
    void aPodThatOptsOutIsLeftAlone() {
        assertThat(policy.decide(
                        new PodFacts(Map.of("pod-offload.io/enabled", "false"), Map.of(), false, List.of(BARE))))
                .isEqualTo(new Decision.OptedOut());
    }

    @ParameterizedTest
    @ValueSource(strings = {"True", "yes", "1", ""})
    void anyOtherValueOfTheLabelIsRefusedWithTheCure(String value) {
        Decision decision =
                policy.decide(new PodFacts(Map.of("pod-offload.io/enabled", value), Map.of(), false, List.of(BARE)));

        assertThat(decision.allowed()).isFalse();
        assertThat(((Decision.InvalidLabel) decision).message())
                .contains("\"" + value + "\"")
                .contains("write \"true\" to opt in or \"false\" to opt out");
    }

    @Test
    void aLabelledPodGetsTheAnnotationAndTheRequestWithTheirMissingParents() {
        assertThat(policy.decide(new PodFacts(OPTED_IN, Map.of(), false, List.of(BARE)))
                        .patch())
                .containsExactly(
                        new PatchOperation(
                                "/metadata/annotations", Map.of("v1.multus-cni.io/default-network", "default/default")),
                        new PatchOperation("/spec/containers/0/resources", Map.of("limits", ONE, "requests", ONE)));
    }

    @Test
    void existingAnnotationsAndResourcesAreAddedToAndNotReplaced() {
        ContainerFacts container =
                new ContainerFacts("/spec/containers/0", true, Map.of("cpu", "2"), Map.of("cpu", "1"));

        assertThat(policy.decide(new PodFacts(OPTED_IN, Map.of("a", "b"), false, List.of(container)))
                        .patch())
                .containsExactly(
                        new PatchOperation(
                                "/metadata/annotations/v1.multus-cni.io~1default-network", "default/default"),
                        new PatchOperation(
                                "/spec/containers/0/resources/limits/mellanox.com~1cx5_sriov_switchdev", "1"),
                        new PatchOperation(
                                "/spec/containers/0/resources/requests/mellanox.com~1cx5_sriov_switchdev", "1"));
    }

    @Test
    void aLimitWithoutARequestGetsTheRequestOfTheSameQuantity() {
        ContainerFacts container = new ContainerFacts("/spec/containers/0", true, Map.of(RESOURCE, "2"), Map.of());

        assertThat(policy.decide(new PodFacts(
                                OPTED_IN,
                                Map.of("v1.multus-cni.io/default-network", "default/default"),
                                false,
                                List.of(container)))
                        .patch())
                .containsExactly(new PatchOperation("/spec/containers/0/resources/requests", Map.of(RESOURCE, "2")));
    }

    @Test
    void aResourceOnTheSecondContainerIsRespectedAndNotAddedTwice() {
        ContainerFacts second = new ContainerFacts("/spec/containers/1", true, ONE, ONE);

        assertThat(policy.decide(new PodFacts(
                        OPTED_IN,
                        Map.of("v1.multus-cni.io/default-network", "default/default"),
                        false,
                        List.of(BARE, second))))
                .isEqualTo(new Decision.Complete());
    }

    @Test
    void aPodThatNamesAnotherDefaultNetworkKeepsItAndTheUserIsWarned() {
        Decision decision = policy.decide(new PodFacts(
                OPTED_IN, Map.of("v1.multus-cni.io/default-network", "kube-system/own"), false, List.of(BARE)));

        assertThat(decision).isEqualTo(new Decision.OtherNetwork("kube-system/own", "default/default"));
        assertThat(decision.patch()).isEmpty();
        assertThat(decision.warnings()).singleElement().asString().contains("kube-system/own");
    }

    @Test
    void aWarningIsNeverLongerThanTheApiServerShows() {
        Decision decision = new Decision.OtherNetwork("x".repeat(300) + "\n", "default/default");

        assertThat(decision.warnings())
                .singleElement()
                .asString()
                .hasSizeLessThanOrEqualTo(120)
                .doesNotContain("\n");
    }

    @Test
    void hostNetworkAndMirrorPodsAreLeftAloneWithAWarning() {
        assertThat(policy.decide(new PodFacts(OPTED_IN, Map.of(), true, List.of(BARE))))
                .isEqualTo(new Decision.HostNetwork())
                .satisfies(decision -> assertThat(decision.warnings()).hasSize(1));
        assertThat(policy.decide(
                        new PodFacts(OPTED_IN, Map.of("kubernetes.io/config.mirror", "x"), false, List.of(BARE))))
                .isEqualTo(new Decision.MirrorPod());
    }

    @Test
    void aPodWithoutContainersIsLeftToTheApiServerToRefuse() {
        assertThat(policy.decide(new PodFacts(OPTED_IN, Map.of(), false, List.of())))
                .isEqualTo(new Decision.NoContainer());
    }

    @Test
    void aProfileThatMultusOrTheKubeletCouldNotReadIsRefused() {
        assertThatThrownBy(() -> new Profile("default", RESOURCE)).hasMessageContaining("write namespace/name");
        assertThatThrownBy(() -> new Profile("default/default", "vf")).hasMessageContaining("write domain/name");
    }
}
