package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podoffload.chart.RenderedChart;

/**
 * The pods of webhook and node-binder, whose containers this JVM starts, as their controllers and the kubelet report them: objects
 * for whoever asks the API server, with which the simulated kubelet has nothing to do.
 */
final class ProgramPods {

    private static final String NAME = "app.kubernetes.io/name";

    private ProgramPods() {}

    /** Whether a pod is one of them. */
    static boolean is(Pod pod) {
        return pod.getMetadata().getLabels() != null
                && "pod-offload".equals(pod.getMetadata().getLabels().get(NAME));
    }

    /** Creates them, Running and Ready, and says so of Deployment and DaemonSet. */
    static void create(KubernetesClient client, RenderedChart chart, String node) {
        Deployment webhook = chart.one(Deployment.class, "pod-offload-webhook");
        create(client, webhook, webhook.getSpec().getTemplate(), "-1", node);
        var webhooks = client.apps()
                .deployments()
                .inNamespace(webhook.getMetadata().getNamespace())
                .withName(webhook.getMetadata().getName());
        webhooks.edit(now -> new DeploymentBuilder(now)
                .editSpec()
                .withReplicas(1) // so many run here
                .endSpec()
                .build());
        webhooks.editStatus(now -> new DeploymentBuilder(now)
                .withNewStatus()
                .withObservedGeneration(now.getMetadata().getGeneration())
                .withReplicas(1)
                .withUpdatedReplicas(1)
                .withReadyReplicas(1)
                .withAvailableReplicas(1)
                .endStatus()
                .build());
        DaemonSet binder = chart.one(DaemonSet.class, "pod-offload-node-binder");
        create(client, binder, binder.getSpec().getTemplate(), "-" + node, node);
        var binders = client.apps()
                .daemonSets()
                .inNamespace(binder.getMetadata().getNamespace())
                .withName(binder.getMetadata().getName());
        binders.editStatus(now -> new DaemonSetBuilder(now)
                .withNewStatus()
                .withObservedGeneration(now.getMetadata().getGeneration())
                .withDesiredNumberScheduled(1)
                .withCurrentNumberScheduled(1)
                .withUpdatedNumberScheduled(1)
                .withNumberReady(1)
                .withNumberAvailable(1)
                .endStatus()
                .build());
    }

    private static void create(
            KubernetesClient client, HasMetadata controller, PodTemplateSpec template, String suffix, String node) {
        client.resource(new PodBuilder()
                        .withMetadata(template.getMetadata())
                        .editMetadata()
                        .withName(controller.getMetadata().getName() + suffix)
                        .withNamespace(controller.getMetadata().getNamespace())
                        .endMetadata()
                        .withSpec(template.getSpec())
                        .editSpec()
                        .withNodeName(node)
                        .endSpec()
                        .withNewStatus()
                        .withPhase("Running")
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .addNewContainerStatus()
                        .withName(template.getSpec().getContainers().get(0).getName())
                        .withReady(true)
                        .withNewState()
                        .withNewRunning("2026-01-01T00:00:00Z")
                        .endState()
                        .endContainerStatus()
                        .endStatus()
                        .build())
                .create();
    }
}
