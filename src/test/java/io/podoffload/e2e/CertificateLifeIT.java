package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.podoffload.certs.Pem;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
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

    private static final int CALLERS = 4;
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Collection<String> refusals = new ConcurrentLinkedQueue<>();
    private final AtomicInteger admitted = new AtomicInteger();
    private Replicas replicas;
    private volatile boolean calling;

    @BeforeEach
    void makeCluster() throws Exception {
        replicas = new Replicas();
    }

    @AfterEach
    void stop() {
        calling = false;
        replicas.close();
        assertThat(replicas.api().denied())
                .as("what the chart's roles do not allow")
                .isEmpty();
    }

    private List<X509Certificate> trusted() {
        return Pem.certificates(new String(
                Base64.getDecoder()
                        .decode(replicas.configuration()
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
            Pod made =
                    replicas.api().client().resource(pod).inNamespace("default").create();
            if (made.getMetadata().getAnnotations().containsKey("v1.multus-cni.io/default-network")) {
                admitted.incrementAndGet();
            } else {
                refusals.add("not patched");
            }
            replicas.api().client().resource(made).withGracePeriod(0).delete();
        } catch (RuntimeException e) {
            if (calling) {
                refusals.add(java.time.Instant.now() + " " + e.getMessage());
            }
        }
    }

    @Test
    void noCallIsLostWhileAuthoritiesAndCertificatesAreRenewedAndTheSecretIsDamaged() {
        replicas.launch(
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
        replicas.secret().delete();
        Awaitility.await().until(() -> replicas.secret().get() != null);
        Secret damaged = new SecretBuilder(replicas.secret().get()).build();
        damaged.getData().put("tls.key", "AAAA");
        replicas.api().client().resource(damaged).update();
        Awaitility.await()
                .until(() -> !"AAAA".equals(replicas.secret().get().getData().get("tls.key")));
        Awaitility.await().atMost(Duration.ofSeconds(120)).until(() -> {
            authorities.addAll(trusted());
            return authorities.size() == 4 && !trusted().contains(first);
        });
        calling = false;

        assertThat(refusals).as("beside %s calls", admitted).isEmpty();
        assertThat(admitted.get()).as("it is a load").isGreaterThan(100);
    }

    @Test
    void aCaBundleThatSomebodyChangedIsPutBack() {
        replicas.launch();
        MutatingWebhookConfiguration good = replicas.configuration().get();

        for (String wrong : List.of("", "AAAA")) {
            replicas.configuration().edit(configuration -> {
                configuration.getWebhooks().get(0).getClientConfig().setCaBundle(wrong);
                return configuration;
            });
            Awaitility.await()
                    .until(() -> replicas.configuration().get().getWebhooks().equals(good.getWebhooks()));
        }
        callOnce();

        assertThat(refusals).isEmpty();
    }

    @Test
    void anotherReplicaGoesOnWhenTheLeaderStops() {
        replicas.launch();
        beginCalling();
        int stopped = replicas.awaitLeader();
        replicas.program(stopped).terminate();
        replicas.exposeOnly(1 - stopped);
        replicas.program(stopped).close();
        replicas.configuration().edit(configuration -> {
            configuration.getWebhooks().get(1).getClientConfig().setCaBundle("");
            return configuration;
        });

        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> replicas.leader() == 1 - stopped);
        Awaitility.await()
                .until(() -> !replicas.configuration()
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

    @Test
    void withoutItsConfigurationTheWebhookKeepsNoCertificate() {
        replicas.launch();

        replicas.configuration().delete();
        replicas.secret().delete();

        Awaitility.await()
                .during(Duration.ofSeconds(5))
                .until(() -> replicas.secret().get() == null);
    }
}
