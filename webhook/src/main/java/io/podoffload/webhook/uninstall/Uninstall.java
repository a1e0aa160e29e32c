package io.podoffload.webhook.uninstall;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.podoffload.webhook.cluster.ReportedNode;
import io.podoffload.webhook.cluster.ReportedNode.ReportedVf;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Run as a Helm hook before the release goes. The webhook configuration goes first, so that no pod waits for a webhook that
 * is not there; pods that are bound stay as they are. What will miss the binder is listed.
 */
public final class Uninstall {

    private static final Duration RELEASES_WITHIN = Duration.ofSeconds(60);
    private static final int PODS_A_PAGE = 500;

    private final KubernetesClient client;
    private final String namespace;
    private final PrintStream out;

    Uninstall(KubernetesClient client, String namespace, PrintStream out) {
        this.client = client;
        this.namespace = namespace;
        this.out = out;
    }

    /**
     * The command {@code uninstall}.
     *
     * @param arguments the Namespace of the release
     */
    public static void run(List<String> arguments) throws InterruptedException {
        if (arguments.size() != 1) {
            System.err.println("usage: uninstall NAMESPACE-OF-THE-RELEASE");
            System.exit(2);
        }
        try (KubernetesClient client = new KubernetesClientBuilder().build()) {
            new Uninstall(client, arguments.get(0), new PrintStream(System.out, true, StandardCharsets.UTF_8)).run();
        }
    }

    void run() throws InterruptedException {
        client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("pod-offload")
                .delete();
        client.secrets()
                .inNamespace(namespace)
                .withName("pod-offload-webhook-tls")
                .delete();
        client.leases()
                .inNamespace(namespace)
                .withName("pod-offload-webhook-certificates")
                .delete();
        out.println("The webhook configuration is gone: pods are created without VFs from now on.");
        tell(
                "These VFs are still held by pods that are gone; look at the nodes' binders before you go on",
                awaitReleases().stream().map(ReportedVf::toString).toList());
        // the binders run until Helm takes the DaemonSet away; what they could still write would stay for ever
        client.rbac()
                .roleBindings()
                .inNamespace(namespace)
                .withName("pod-offload-node-binder")
                .delete();
        List<OffloadedPod> pods = OffloadedPod.all(client, PODS_A_PAGE).toList();
        tell(
                "These pods keep their VF, which the binder bound; when they go, nothing gives it back until pod-offload is"
                        + " installed again, or the node is started anew",
                pods.stream()
                        .filter(OffloadedPod::isBoundByBinder)
                        .map(OffloadedPod::toString)
                        .toList());
        tell(
                "These pods keep their VF, which the CNI bound; when they go, nothing restores its name, MTU and MAC until"
                        + " pod-offload is installed again",
                pods.stream()
                        .filter(OffloadedPod::isBoundByCni)
                        .map(OffloadedPod::toString)
                        .toList());
        tell(
                "These pods have the readiness gate pod-offload.io/bound and are not bound; nothing makes them ready any"
                        + " more, so create them again",
                pods.stream()
                        .filter(pod -> !pod.bound())
                        .map(OffloadedPod::toString)
                        .toList());
        reports().delete();
        PreparedCondition.remove(client);
    }

    private void tell(String what, List<String> lines) {
        if (!lines.isEmpty()) {
            out.println(what + ":");
            lines.forEach(line -> out.println("  " + line));
        }
    }

    private FilterWatchListDeletable<ConfigMap, ConfigMapList, Resource<ConfigMap>> reports() {
        return client.configMaps().inNamespace(namespace).withLabel("pod-offload.io/report", "node");
    }

    private static List<ReportedVf> beingReleased(List<ConfigMap> reports) {
        return reports.stream()
                .flatMap(report -> ReportedNode.of(report).vfs().stream())
                .filter(ReportedVf::isBeingReleased)
                .toList();
    }

    /** The VFs that are still on their way home after a while, by the reports of the binders. */
    private List<ReportedVf> awaitReleases() throws InterruptedException {
        CompletableFuture<List<ConfigMap>> released =
                reports().informOnCondition(reports -> beingReleased(reports).isEmpty());
        try {
            return beingReleased(released.get(RELEASES_WITHIN.toSeconds(), TimeUnit.SECONDS));
        } catch (TimeoutException stillSome) {
            return beingReleased(reports().list().getItems());
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot follow the reports of the node-binders: " + e.getMessage(), e);
        } finally {
            released.cancel(true);
        }
    }
}
