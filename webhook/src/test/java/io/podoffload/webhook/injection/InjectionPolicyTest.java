package io.podoffload.webhook.injection;

import static io.podoffload.webhook.injection.KnownCluster.RESOURCE;
import static io.podoffload.webhook.injection.PodFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What exactly is patched; which decision is made when is in {@link DecisionTableTest}. */
class InjectionPolicyTest {

    private static final Map<String, String> ONE = Map.of(RESOURCE, "1");
    private static final PatchOperation GATE =
            new PatchOperation("/spec/readinessGates", List.of(Map.of("conditionType", "pod-offload.io/bound")));

    private static Decision decide(PodFixture pod) {
        return KnownCluster.policy(Conflict.WARN).decide(pod.facts(), Entry.LABEL, "shop", KnownCluster.usual());
    }

    @Test
    void aLabelledPodGetsAnnotationRequestAndGateWithTheirMissingParents() {
        assertThat(decide(pod().containerWithoutResources("app")).patch())
                .containsExactly(
                        new PatchOperation(
                                "/metadata/annotations", Map.of("v1.multus-cni.io/default-network", "default/default")),
                        new PatchOperation("/spec/containers/0/resources", Map.of("limits", ONE, "requests", ONE)),
                        GATE);
    }

    @Test
    void whatIsThereIsAddedToAndNotReplaced() {
        assertThat(decide(pod().annotated()
                                .gates("example.com/warm")
                                .container("app", Map.of("cpu", "2"), Map.of("cpu", "1")))
                        .patch())
                .containsExactly(
                        new PatchOperation(
                                "/metadata/annotations/v1.multus-cni.io~1default-network", "default/default"),
                        new PatchOperation(
                                "/spec/containers/0/resources/limits/mellanox.com~1cx5_sriov_switchdev", "1"),
                        new PatchOperation(
                                "/spec/containers/0/resources/requests/mellanox.com~1cx5_sriov_switchdev", "1"),
                        new PatchOperation("/spec/readinessGates/-", Map.of("conditionType", "pod-offload.io/bound")));
    }

    @Test
    void eachSecondaryNetworkOfTheSameResourceNeedsAVfMore() {
        Decision decision = decide(pod().networks("fast, shop/fast@net2,slow"));

        assertThat(decision)
                .isInstanceOfSatisfying(
                        Decision.Inject.class,
                        inject -> assertThat(inject.vfs()).isEqualTo(3));
        assertThat(decision.patch())
                .contains(new PatchOperation("/spec/containers/0/resources/limits", Map.of(RESOURCE, "3")));
    }

    @Test
    void everyContainerThatAsksIsCompletedWithItsOwnQuantity() {
        assertThat(decide(pod().defaultNetwork("default/default")
                                .gates("pod-offload.io/bound")
                                .container("app", Map.of(RESOURCE, "2"), null)
                                .sidecar("vpn", null, ONE))
                        .patch())
                .containsExactly(
                        new PatchOperation("/spec/containers/0/resources/requests", Map.of(RESOURCE, "2")),
                        new PatchOperation("/spec/initContainers/0/resources/limits", ONE));
    }

    @ParameterizedTest
    @CsvSource({"2,2", "1,2", "0,1"})
    void whatSeveralContainersAskForIsAddedUp(String first, String second) {
        boolean enough = Integer.parseInt(first) + Integer.parseInt(second) >= 2;
        Map<String, String> one = Map.of(RESOURCE, first);
        Map<String, String> two = Map.of(RESOURCE, second);

        Decision decision =
                decide(pod().networks("fast").container("a", one, one).container("b", two, two));

        assertThat(decision.notices().contains(new Notice.TooFew("1", 2))).isEqualTo(!enough);
    }

    @Test
    void aQuantityInAnotherNotationIsNotJudged() {
        Map<String, String> odd = Map.of(RESOURCE, "1k");

        assertThat(decide(pod().container("app", odd, odd)).notices()).isEmpty();
    }

    @Test
    void aProfileWithoutTheGateAddsNone() {
        assertThat(decide(pod().profile("bluefield")).patch())
                .noneMatch(operation -> operation.path().startsWith("/spec/readinessGates"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"default/default", " default/default ", "default/default@eth0"})
    void theProfilesOwnNetworkInAnyFormIsNoConflict(String value) {
        assertThat(decide(pod().defaultNetwork(value)).name()).isEqualTo("Inject");
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "default/default,default/default", "", "/default", "default/"})
    void anythingElseIsAnotherNetworkBecauseMultusReadsABareNameInItsOwnNamespace(String value) {
        assertThat(decide(pod().defaultNetwork(value)).name()).isEqualTo("OtherNetwork");
    }

    @Test
    void twoProfilesMayShareAResource() {
        InjectionPolicy policy = new InjectionPolicy(
                Conflict.DENY,
                Map.of(
                        "default", Profile.of("default", "default/default", RESOURCE, true),
                        "green", Profile.of("green", "default/green", RESOURCE, true)));

        assertThat(policy.decide(pod().container("app", ONE, ONE).facts(), Entry.LABEL, "shop", KnownCluster.usual())
                        .name())
                .isEqualTo("Inject");
    }

    @Test
    void aWarningIsNeverLongerThanTheApiServerShowsAndHasNothingInItThatWouldMakeItDropped() {
        Decision decision = decide(pod().defaultNetwork("x".repeat(60) + "\n\uD800\u0085/" + "y".repeat(300)));

        assertThat(decision.warnings())
                .singleElement()
                .asString()
                .hasSize(120)
                .endsWith("…")
                .doesNotContain("\n")
                .doesNotContain("\u0085");
    }

    @Test
    void aProfileThatMultusOrTheKubeletCouldNotReadIsRefused() {
        assertThatThrownBy(() -> Profile.of("default", "default", RESOURCE, true))
                .hasMessageContaining("write namespace/name");
        assertThatThrownBy(() -> Profile.of("default", "default/default", "vf", true))
                .hasMessageContaining("write domain/name");
        assertThatThrownBy(() -> Profile.of("Default", "default/default", RESOURCE, true))
                .hasMessageContaining("lower case");
    }

    @Test
    void aPolicyNeedsTheProfileThatPodsGetWhichNameNone() {
        assertThatThrownBy(() -> new InjectionPolicy(Conflict.WARN, Map.of()))
                .hasMessageContaining("no profile named default");
    }
}
