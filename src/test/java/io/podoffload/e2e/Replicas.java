package io.podoffload.e2e;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.podoffload.chart.RenderedChart;
import io.podoffload.sim.ApiServer;
import io.podoffload.sim.JavaProgram;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** Two replicas of the webhook that make and renew their certificates themselves, in a cluster with the chart's objects. */
final class Replicas implements AutoCloseable {

    static final int FIRST_PORT = 9443;

    private static final String NAMESPACE = "pod-offload";
    private static final String SERVICE = "pod-offload-webhook";
    private static final Duration SHORT_DRAIN = Duration.ofSeconds(2);
    private static final int FIRST_MANAGEMENT_PORT = 9080;
    private static final Path PROJECT =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();

    private final ApiServer api = new ApiServer();
    private final List<JavaProgram> programs = new ArrayList<>();

    Replicas() throws IOException {
        for (String namespace : List.of("default", NAMESPACE)) {
            api.client()
                    .resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(namespace)
                            .endMetadata()
                            .build())
                    .create();
        }
        Files.writeString(
                Path.of("/etc/hosts"), "127.0.0.1 pod-offload-webhook.pod-offload.svc\n", StandardOpenOption.APPEND);
        api.exposeService(NAMESPACE, SERVICE, FIRST_PORT, FIRST_PORT + 1);
        api.install(RenderedChart.of(PROJECT, "").objects());
    }

    /** Starts both, and returns when both are ready. */
    void launch(String... settings) {
        launch(SHORT_DRAIN, settings);
    }

    void launch(Duration drain, String... settings) {
        for (int number = 0; number < 2; number++) {
            programs.add(program(number, drain, settings));
        }
        programs.forEach(JavaProgram::awaitStarted);
        awaitReady(0);
        awaitReady(1);
    }

    private JavaProgram program(int number, Duration drain, String... settings) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=" + (FIRST_PORT + number),
                "--management.server.port=" + (FIRST_MANAGEMENT_PORT + number),
                "--pod-offload.drain=" + drain.toSeconds() + "s",
                "--pod-offload.certificates.mode=self",
                "--logging.level.io.podoffload=debug"));
        arguments.addAll(List.of(settings));
        return new JavaProgram(
                PROJECT.resolve("webhook/target/webhook.jar"),
                PROJECT.resolve("target/e2e-logs/replica-" + number + ".log"),
                "ready on port",
                environment(number),
                arguments);
    }

    /** As the Deployment's pods. */
    private Map<String, String> environment(int number) {
        Map<String, String> environment = new HashMap<>(api.asServiceAccount(NAMESPACE, SERVICE));
        environment.put("HOSTNAME", "replica-" + number);
        return environment;
    }

    private static void awaitReady(int number) {
        HttpRequest readiness = HttpRequest.newBuilder(URI.create(
                        "http://localhost:" + (FIRST_MANAGEMENT_PORT + number) + "/actuator/health/readiness"))
                .build();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> HttpClient.newHttpClient()
                                .send(readiness, HttpResponse.BodyHandlers.discarding())
                                .statusCode()
                        == 200);
    }

    /** Makes the Service reach only this replica. */
    void exposeOnly(int number) {
        api.exposeService(NAMESPACE, SERVICE, FIRST_PORT + number);
    }

    ApiServer api() {
        return api;
    }

    JavaProgram program(int number) {
        return programs.get(number);
    }

    Resource<MutatingWebhookConfiguration> configuration() {
        return api.client()
                .admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("pod-offload");
    }

    Resource<Secret> secret() {
        return api.client().secrets().inNamespace(NAMESPACE).withName("pod-offload-webhook-tls");
    }

    Resource<Lease> lease() {
        return api.client().leases().inNamespace(NAMESPACE).withName("pod-offload-webhook-certificates");
    }

    /** The number of the replica that holds the Lease; -1 where none does. */
    int leader() {
        Lease lease = lease().get();
        String holder = lease == null ? null : lease.getSpec().getHolderIdentity();
        return holder == null || holder.isEmpty() ? -1 : Integer.parseInt(holder.split("-")[1]);
    }

    int awaitLeader() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).until(this::leader, number -> number >= 0);
    }

    @Override
    public void close() {
        programs.forEach(JavaProgram::terminate); // at once, so that their drains do not add up
        programs.forEach(JavaProgram::close);
        api.close();
    }
}
