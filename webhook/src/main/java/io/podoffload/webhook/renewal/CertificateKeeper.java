package io.podoffload.webhook.renewal;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.podoffload.certs.PemKeyPair;
import io.podoffload.certs.ServiceName;
import io.podoffload.certs.renewal.CertificateHome;
import io.podoffload.certs.renewal.Keyring;
import io.podoffload.certs.renewal.RenewalPlanner;
import io.podoffload.certs.renewal.Situation;
import io.podoffload.webhook.CertificateProperties;
import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.tls.CertificateSource;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Follows the Secret that all replicas share and serves what is in it; where this replica leads, it also renews what is in
 * it. Events only say that it is time to look; a look reads everything anew and takes one step.
 */
@Component
@ConditionalOnProperty(name = "pod-offload.certificates.mode", havingValue = "self")
final class CertificateKeeper implements CertificateSource, SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(CertificateKeeper.class);
    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);
    private static final Duration GIVES_BACK_WITHIN = Duration.ofSeconds(5);

    private final RenewalPlanner planner;
    private final CertificateProperties properties;
    private final KeptSecret secret;
    private final CaBundle caBundle;
    private final Replicas replicas;
    private final ApiServerClock clock;
    private final Leadership leadership;
    private final Counter failures;
    private final List<SharedIndexInformer<?>> informers;
    private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, work -> {
        Thread thread = new Thread(work, "certificates");
        thread.setDaemon(true);
        return thread;
    });
    private final Object following = new Object();

    private volatile Keyring remembered = Keyring.EMPTY;
    private volatile List<X509Certificate> lastTrusted = List.of();
    private volatile boolean acceptedOnce;
    private volatile boolean running;
    private @Nullable Consumer<PemKeyPair> user;
    private @Nullable ScheduledFuture<?> nextLook;

    /** Since when the authority that signs has been seen in the caBundle; of the executor's thread only. */
    private @Nullable X509Certificate signingSeen;

    private long signingSeenAt;

    CertificateKeeper(
            KubernetesClient client,
            WebhookProperties webhook,
            CertificateProperties properties,
            MeterRegistry meters) {
        this.properties = properties;
        ServiceName service = properties.serviceIn(webhook.namespace());
        planner = new RenewalPlanner(service, properties.lifetimes());
        secret = new KeptSecret(client, webhook.namespace(), properties.secret());
        caBundle = new CaBundle(client, properties.webhookConfiguration());
        replicas = new Replicas(client, service);
        clock = new ApiServerClock(client);
        LeaseTimes times = new LeaseTimes(properties.leaseDuration());
        leadership = new Leadership(
                new SharedLease(client, webhook.namespace(), properties.lease(), times.heldFor()),
                times,
                caBundle::read,
                () -> lookIn(Duration.ZERO));
        failures = Counter.builder("pod.offload.webhook.renewal.failures")
                .description("Looks at the certificates that failed; they are repeated")
                .register(meters);
        executor.setRemoveOnCancelPolicy(true);
        informers = List.of(secret.watch(this::follow), caBundle.watch(this::trust));
    }

    @Override
    public void follow(Consumer<PemKeyPair> user) {
        synchronized (following) {
            this.user = user;
        }
        informers.forEach(informer -> {
            informer.exceptionHandler((started, failure) -> {
                LOG.warn("cannot watch the certificates, trying again: {}", failure.getMessage());
                return true;
            });
            var unused = informer.start();
        });
        leadership.start();
        running = true;
    }

    private void follow(Keyring keyring) {
        if (keyring.isWhole()) {
            synchronized (following) {
                PemKeyPair now = keyring.serving().orElseThrow();
                boolean changed = !remembered.serving().equals(keyring.serving());
                remembered = keyring;
                if (changed && user != null) {
                    LOG.info(
                            "serving a certificate that is valid until {}",
                            keyring.servingCertificate()
                                    .orElseThrow()
                                    .getNotAfter()
                                    .toInstant());
                    user.accept(now);
                }
            }
        } else {
            LOG.warn("the Secret {} is missing or damaged; what was served before is served on", properties.secret());
        }
        noteAcceptance();
        lookIn(Duration.ZERO);
    }

    private void trust(MutatingWebhookConfiguration configuration) {
        lastTrusted = CaBundle.trusted(configuration);
        noteAcceptance();
        leadership.consider();
        lookIn(Duration.ZERO);
    }

    private void noteAcceptance() {
        acceptedOnce |= remembered
                .servingCertificate()
                .filter(served -> Keyring.isSignedByOneOf(served, lastTrusted))
                .isPresent();
    }

    @Override
    public Optional<String> waitingFor() {
        if (acceptedOnce) {
            return Optional.empty();
        }
        return Optional.of(
                remembered.serving().isEmpty()
                        ? "the first certificate in the Secret " + properties.secret()
                                + "; the replica that holds the Lease " + properties.lease() + " makes it"
                        : "its authority in the caBundle of the MutatingWebhookConfiguration "
                                + properties.webhookConfiguration());
    }

    /** Looks in so long at the latest. */
    private synchronized void lookIn(Duration delay) {
        ScheduledFuture<?> before = nextLook;
        if (!leadership.isLeading() || executor.isShutdown()) {
            return;
        }
        if (before != null && !before.isDone()) {
            if (before.getDelay(TimeUnit.NANOSECONDS) <= delay.toNanos()) {
                return;
            }
            before.cancel(false);
        }
        nextLook = executor.schedule(this::look, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void look() {
        synchronized (this) {
            nextLook = null; // what happens from here on needs another look
        }
        if (!leadership.isLeading()) {
            return;
        }
        Duration again = TRY_AGAIN;
        try {
            again = takeOneStep();
        } catch (KubernetesClientException e) {
            boolean another = e.getCode() == HttpURLConnection.HTTP_CONFLICT;
            again = another ? Duration.ZERO : TRY_AGAIN;
            if (!another) {
                complain(e);
            }
        } catch (IOException | RuntimeException e) {
            complain(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        lookIn(again);
    }

    private void complain(Exception failure) {
        failures.increment();
        LOG.warn(
                "cannot look after the certificates, trying again in {} s: {}",
                TRY_AGAIN.toSeconds(),
                failure.getMessage());
        LOG.debug("cannot look after the certificates", failure);
    }

    private Duration takeOneStep() throws IOException, InterruptedException {
        MutatingWebhookConfiguration configuration = caBundle.read();
        if (configuration == null) {
            LOG.info(
                    "there is no MutatingWebhookConfiguration {}, so that no certificate is needed",
                    properties.webhookConfiguration());
            return Duration.ofDays(1); // its event comes first
        }
        Secret stored = secret.read();
        Keyring keyring = KeptSecret.keyring(stored);
        List<X509Certificate> trusted = CaBundle.trusted(configuration);
        Situation situation = new Situation(
                keyring,
                remembered,
                CaBundle.isIn(configuration, keyring.bundle()),
                trusted,
                trustedFor(keyring.signingCertificate().filter(trusted::contains)),
                replicas.served(),
                clock.now());
        return planner.next(situation).applyTo(new CertificateHome() {
            @Override
            public void store(Keyring next, String because) {
                LOG.info("writing {} into the Secret {}: {}", next, properties.secret(), because);
                secret.write(stored, next, configuration);
            }

            @Override
            public void publish(String bundle) {
                LOG.info(
                        "writing {} authorities into the caBundle of {}",
                        Keyring.readable(bundle).size(),
                        properties.webhookConfiguration());
                caBundle.write(configuration, bundle);
            }
        });
    }

    private Duration trustedFor(Optional<X509Certificate> signing) {
        X509Certificate now = signing.orElse(null);
        if (now == null || !now.equals(signingSeen)) {
            signingSeen = now;
            signingSeenAt = System.nanoTime();
        }
        return Duration.ofNanos(System.nanoTime() - signingSeenAt);
    }

    /** Is started by the one who follows, before the server is. */
    @Override
    public void start() {}

    /** Another replica renews from the beginning of the drain on; what is renewed is served to its end. */
    @Override
    public void stop(Runnable callback) {
        running = false;
        var unused = leadership
                .end()
                .orTimeout(GIVES_BACK_WITHIN.toSeconds(), TimeUnit.SECONDS)
                .whenComplete((nothing, late) -> callback.run());
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Together with the listener's drain. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }

    @Override
    public void close() {
        leadership.close();
        informers.forEach(SharedIndexInformer::stop);
        executor.shutdown();
    }
}
