package io.podoffload.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.podoffload.chart.RenderedChart;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The two entries of the chart's webhook configuration: which pods of which Namespaces each of them sees. */
class SelectorsTest {

    private static final String ABSENT = "(absent)";
    private static final List<String> LABELS = List.of(ABSENT, "", "true", "false", "True", "yes", "0");
    private static final List<String> POLICIES = List.of(ABSENT, "", "opt-in", "always", "never", "Always");

    private final List<MutatingWebhook> entries = RenderedChart.of(
                    Path.of("../..").toAbsolutePath().normalize(), "webhook: {excludedNamespaces: [legacy]}")
            .one(MutatingWebhookConfiguration.class, "pod-offload")
            .getWebhooks();

    private List<String> seenBy(String namespace, String policy, String label) {
        Map<String, String> namespaceLabels = labels("pod-offload.io/policy", policy);
        namespaceLabels.put("kubernetes.io/metadata.name", namespace);
        Map<String, String> podLabels = labels("pod-offload.io/enabled", label);
        return entries.stream()
                .filter(entry -> AdmissionChain.matches(entry.getNamespaceSelector(), namespaceLabels)
                        && AdmissionChain.matches(entry.getObjectSelector(), podLabels))
                .map(MutatingWebhook::getName)
                .toList();
    }

    private static Map<String, String> labels(String key, String value) {
        Map<String, String> labels = new HashMap<>();
        labels.put("app", "web");
        if (!value.equals(ABSENT)) {
            labels.put(key, value);
        }
        return labels;
    }

    @Test
    void noPodIsSeenTwiceAndNoBadValueIsOverlooked() {
        for (String policy : POLICIES) {
            for (String label : LABELS) {
                List<String> expected;
                if (label.equals(ABSENT)) {
                    expected = policy.equals("always") ? List.of("namespace.pod-offload.io") : List.of();
                } else {
                    expected = label.equals("false") ? List.of() : List.of("label.pod-offload.io");
                }
                assertThat(seenBy("shop", policy, label))
                        .as("label %s, policy %s", label, policy)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void podsOfSystemNamespacesAreNeverSeen() {
        for (String namespace : List.of("kube-system", RenderedChart.NAMESPACE, "legacy")) {
            for (String policy : POLICIES) {
                for (String label : LABELS) {
                    assertThat(seenBy(namespace, policy, label)).as(namespace).isEmpty();
                }
            }
        }
    }
}
