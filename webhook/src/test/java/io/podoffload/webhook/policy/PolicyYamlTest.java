package io.podoffload.webhook.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podoffload.webhook.injection.Conflict;
import io.podoffload.webhook.injection.InjectionPolicy;
import io.podoffload.webhook.injection.Profile;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyYamlTest {

    private static InjectionPolicy parse(String yaml) {
        return PolicyYaml.parse(yaml.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void profilesAndConflictsAreRead() {
        InjectionPolicy policy = parse("""
                conflict: deny
                profiles:
                  default:
                    network: default/default
                    resource: mellanox.com/cx5_sriov_switchdev
                  bluefield:
                    network: kube-system/bf3
                    resource: nvidia.com/bf3
                    readinessGate: false
                """);

        assertThat(policy.conflict()).isEqualTo(Conflict.DENY);
        assertThat(policy.profiles())
                .containsEntry(
                        "default", Profile.of("default", "default/default", "mellanox.com/cx5_sriov_switchdev", true))
                .containsEntry("bluefield", Profile.of("bluefield", "kube-system/bf3", "nvidia.com/bf3", false))
                .hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ''                                                                      | line 1
                    'conflict: warn'                                                        | no profiles
                    'profiles: {}'                                                          | no profile named default
                    'profiles: {default: {network: a/b}}'                                   | profile default needs a network and a resource
                    'profiles: {default: }'                                                 | profile default needs a network and a resource
                    'profiles: {default: {network: a, resource: b/c}}'                      | profile default: 'a' names no network
                    'profiles: {default: {network: a/b, resource: c}}'                      | profile default: 'c' names no extended resource
                    'profiles: {default: {netwrk: a/b, resource: c/d}}'                     | line 1
                    'conflict: maybe\nprofiles: {default: {network: a/b, resource: c/d}}'   | write warn or deny
                    'profiles: {default: {network: a/b, resource: c/d}, default: {network: a/b, resource: c/d}}' | uplicate
                    'profiles: ['                                                           | line
                    'hello'                                                                 | line 1
                    """)
    void whatIsWrongIsSaid(String yaml, String message) {
        assertThatThrownBy(() -> parse(yaml.replace("\\n", "\n")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
