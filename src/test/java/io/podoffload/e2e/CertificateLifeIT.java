package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.podoffload.certs.Pem;
import io.podoffload.chart.RenderedChart;
import io.podoffload.sim.ApiServer;
import io.podoffload.sim.JavaProgram;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas of the webhook that make and renew their certificates themselves, as without cert-manager. */
@SuppressWarnings("NullAway.Init") // set before each test
class CertificateLifeIT {

    private static final Path PROJECT =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
    private static final int CALLERS = 4;
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final List<JavaProgram> replicas = new ArrayList<>();
    private final Collection<String> refusals = new ConcurrentLinkedQueue<>();
    private final AtomicInteger admitted = new AtomicInteger();
    private ApiServer api;
    private volatile boolean calling;

    @BeforeEach
    void makeCluster() throws Exception {
        api = new ApiServer();
        for (String namespace : List.of("default", "pod-offload")) {
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
        api.exposeService("pod-offload", "pod-offload-webhook", 9443, 9444);
        api.install(RenderedChart.of(PROJECT, "").objects());
    }

    @AfterEach
    void stop() {
        calling = false;
        replicas.forEach(JavaProgram::close);
        api.close();
        assertThat(api.denied()).as("what the chart's roles do not allow").isEmpty();
    }

    private JavaProgram launch(int number, String... settings) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=" + (9443 + number),
                "--management.server.port=" + (9080 + number),
                "--pod-offload.drain=2s",
                "--pod-offload.certificates.mode=self",
                "--logging.level.io.podoffload=debug"));
        arguments.addAll(List.of(settings));
        return new JavaProgram(
                PROJECT.resolve("webhook/target/webhook.jar"),
                PROJECT.resolve("target/e2e-logs/certificate-life-" + number + ".log"),
                "ready on port",
                environment(number),
                arguments);
    }

    /** As the Deployment's pods. */
    private Map<String, String> environment(int number) {
        Map<String, String> environment = new HashMap<>(api.asServiceAccount("pod-offload", "pod-offload-webhook"));
        environment.put("HOSTNAME", "replica-" + number);
        return environment;
    }

    private void launchBoth(String... settings) {
        replicas.add(launch(0, settings));
        replicas.add(launch(1, settings));
        replicas.forEach(JavaProgram::awaitStarted);
        awaitAcceptedBy(9080);
        awaitAcceptedBy(9081);
    }

    private static void awaitAcceptedBy(int managementPort) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> java.net.http.HttpClient.newHttpClient()
                                .send(
                                        java.net.http.HttpRequest.newBuilder(java.net.URI.create("http://localhost:"
                                                        + managementPort + "/actuator/health/readiness"))
                                                .build(),
                                        java.net.http.HttpResponse.BodyHandlers.ofString())
                                .statusCode()
                        == 200);
    }

    private Resource<MutatingWebhookConfiguration> configuration() {
        return api.client()
                .admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("pod-offload");
    }

    private Resource<Secret> secret() {
        return api.client().secrets().inNamespace("pod-offload").withName("pod-offload-webhook-tls");
    }

    private List<X509Certificate> trusted() {
        return Pem.certificates(new String(
                Base64.getDecoder()
                        .decode(configuration()
                                .get()
                                .getWebhooks()
                                .get(0)
                                .getClientConfig()
                                .getCaBundle()),
                StandardCharsets.US_ASCII));
    }

    /** As users do, one pod after the other, each through the webhook. */
    private void beginCalling() {
        calling = true;
        for (int caller = 0; caller < CALLERS; caller++) {
            Thread thread = new Thread(() -> {
                while (calling) {
                    callOnce();
                }
            });
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void callOnce() {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName("p" + NUMBER.incrementAndGet())
                .addToLabels("pod-offload.io/enabled", "true")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("c")
                .endContainer()
                .endSpec()
                .build();
        try {
            Pod made = api.client().resource(pod).inNamespace("default").create();
            if (made.getMetadata().getAnnotations().containsKey("v1.multus-cni.io/default-network")) {
                admitted.incrementAndGet();
            } else {
                refusals.add("not patched");
            }
            api.client().resource(made).withGracePeriod(0).delete();
        } catch (RuntimeException e) {
            if (calling) {
                refusals.add(java.time.Instant.now() + " " + e.getMessage());
            }
        }
    }

    @Test
    void noCallIsLostWhileAuthoritiesAndCertificatesAreRenewedAndTheSecretIsDamaged() {
        launchBoth(
                "--pod-offload.certificates.authority-life=40s",
                "--pod-offload.certificates.life=15s",
                "--pod-offload.certificates.propagation=2s");
        Set<X509Certificate> authorities = new HashSet<>(trusted());
        X509Certificate first = authorities.iterator().next();
        beginCalling();

        Awaitility.await().atMost(Duration.ofSeconds(120)).until(() -> {
            authorities.addAll(trusted());
            return authorities.size() == 2;
        });
        secret().delete();
        Awaitility.await().until(() -> secret().get() != null);
        Secret damaged = new SecretBuilder(secret().get()).build();
        damaged.getData().put("tls.key", "AAAA");
        api.client().resource(damaged).update();
        Awaitility.await().until(() -> !"AAAA".equals(secret().get().getData().get("tls.key")));
        Awaitility.await().atMost(Duration.ofSeconds(120)).until(() -> {
            authorities.addAll(trusted());
            return authorities.size() == 4 && !trusted().contains(first);
        });
        calling = false;

        assertThat(refusals).as("beside %s calls", admitted).isEmpty();
        assertThat(admitted.get()).isGreaterThan(1_000);
    }

    @Test
    void aCaBundleThatSomebodyChangedIsPutBack() {
        launchBoth();
        MutatingWebhookConfiguration good = configuration().get();

        for (String wrong : List.of("", "AAAA")) {
            configuration().edit(configuration -> {
                configuration.getWebhooks().get(0).getClientConfig().setCaBundle(wrong);
                return configuration;
            });
            Awaitility.await().until(() -> configuration().get().getWebhooks().equals(good.getWebhooks()));
        }
        callOnce();

        assertThat(refusals).isEmpty();
    }

    @Test
    void anotherReplicaGoesOnWhenTheLeaderStops() {
        launchBoth();
        beginCalling();
        String first = leader();
        int stopped = first.startsWith("replica-0") ? 0 : 1;
        replicas.get(stopped).terminate();
        api.exposeService("pod-offload", "pod-offload-webhook", 9443 + 1 - stopped);
        replicas.get(stopped).close();
        configuration().edit(configuration -> {
            configuration.getWebhooks().get(1).getClientConfig().setCaBundle("");
            return configuration;
        });

        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> leader().startsWith("replica-" + (1 - stopped)));
        Awaitility.await()
                .until(() -> !configuration()
                        .get()
                        .getWebhooks()
                        .get(1)
                        .getClientConfig()
                        .getCaBundle()
                        .isEmpty());
        calling = false;

        assertThat(refusals).isEmpty();
        assertThat(admitted.get()).isPositive();
    }

    private String leader() {
        return String.valueOf(api.client()
                .leases()
                .inNamespace("pod-offload")
                .withName("pod-offload-webhook-certificates")
                .get()
                .getSpec()
                .getHolderIdentity());
    }

    @Test
    void withoutItsConfigurationTheWebhookKeepsNoCertificate() {
        launchBoth();

        configuration().delete();
        secret().delete();

        Awaitility.await().during(Duration.ofSeconds(5)).until(() -> secret().get() == null);
    }
}
