package io.podoffload.certs.renewal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podoffload.certs.CertificateAuthority;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RenewalPlannerTest {

    private static final Duration A_DAY = Duration.ofDays(1);
    private static final Duration AN_HOUR = Duration.ofHours(1);

    private final ModelCluster cluster = new ModelCluster(2);

    private void install() {
        cluster.settle(AN_HOUR);
        cluster.pass(AN_HOUR);
        assertThat(cluster.refusal()).isEmpty();
    }

    private X509Certificate served() {
        return cluster.replicas.get(0).serves.orElseThrow();
    }

    private X509Certificate authority() {
        return Keyring.read(cluster.secret).signingCertificate().orElseThrow();
    }

    @Test
    void atTheFirstInstallAuthorityBundleAndCertificateComeAtOnce() {
        assertThat(cluster.look()).isInstanceOf(RenewalStep.Store.class);
        assertThat(cluster.look()).isInstanceOf(RenewalStep.Publish.class);
        assertThat(cluster.look()).isInstanceOf(RenewalStep.Store.class);
        assertThat(cluster.look()).isEqualTo(new RenewalStep.Wait(AN_HOUR));
        assertThat(cluster.refusal()).isEmpty();
        assertThat(served().getNotAfter().toInstant()).isEqualTo(cluster.now.plus(Duration.ofDays(90)));
        assertThat(authority().getNotAfter().toInstant()).isEqualTo(cluster.now.plus(Duration.ofDays(3650)));
    }

    @Test
    void aCertificateIsRenewedAtTwoThirdsOfItsLifeByTheSameAuthority() {
        install();
        X509Certificate first = served();
        X509Certificate authority = authority();

        cluster.pass(Duration.ofDays(59));
        cluster.settle(AN_HOUR);
        assertThat(served()).isEqualTo(first);

        cluster.pass(A_DAY);
        cluster.settle(AN_HOUR);
        assertThat(served()).isNotEqualTo(first);
        assertThat(authority()).isEqualTo(authority);
        assertThat(cluster.refusal()).isEmpty();
    }

    @Test
    void aNewAuthorityIsPublishedForAWhileBeforeAnythingOfItIsServed() {
        install();
        cluster.pass(Duration.ofDays(2434));
        X509Certificate first = served();

        assertThat(cluster.look()).isInstanceOf(RenewalStep.Store.class);
        assertThat(cluster.look()).isInstanceOf(RenewalStep.Publish.class);
        assertThat(Keyring.readable(cluster.caBundle)).hasSize(2);
        assertThat(served()).isEqualTo(first);
    }

    @Test
    void theOldAuthorityIsTrustedUntilEveryReplicaServesACertificateOfTheNewOne() {
        install();
        cluster.pass(Duration.ofDays(2400));
        cluster.settle(AN_HOUR);
        cluster.replicas.get(1).stuck = true;
        cluster.pass(Duration.ofDays(34));
        for (int look = 0; look < 20; look++) {
            if (cluster.look() instanceof RenewalStep.Wait wait) {
                cluster.pass(wait.atMost());
            }
            assertThat(cluster.refusal()).isEmpty();
        }
        assertThat(Keyring.readable(cluster.caBundle)).hasSize(2);
        assertThat(cluster.look()).isEqualTo(new RenewalStep.Wait(Duration.ofSeconds(10)));

        cluster.replicas.get(1).stuck = false;
        cluster.follow();
        cluster.settle(AN_HOUR);
        assertThat(Keyring.readable(cluster.caBundle)).containsExactly(authority());
        assertThat(cluster.refusal()).isEmpty();
    }

    @Test
    void aReplicaThatCannotBeAskedKeepsTheOldAuthorityInTheBundle() {
        install();
        cluster.pass(Duration.ofDays(2434));
        cluster.replicas.add(new ModelCluster.Replica());
        cluster.replicas.get(2).stuck = true;
        for (int look = 0; look < 20; look++) {
            if (cluster.look() instanceof RenewalStep.Wait wait) {
                cluster.pass(wait.atMost());
            }
        }

        assertThat(Keyring.readable(cluster.caBundle)).hasSize(2);
    }

    @Test
    void aBundleThatSomebodyChangedIsPutBack() {
        install();
        String good = cluster.caBundle;

        for (String wrong : new String[] {"", "garbage", good + good, good.substring(0, good.length() / 2)}) {
            cluster.caBundle = wrong;
            assertThat(cluster.look()).isEqualTo(new RenewalStep.Publish(good));
        }
    }

    @Test
    void aSecretThatWasDeletedIsWrittenAgainAsItWas() {
        install();
        var before = cluster.secret;

        cluster.secret = new HashMap<>();
        cluster.follow();
        cluster.look();

        assertThat(cluster.secret).isEqualTo(before);
        assertThat(cluster.refusal()).isEmpty();
    }

    @Test
    void aSecretThatWasDeletedWhileNobodyRemembersItCostsNoCall() {
        install();
        cluster.secret = new HashMap<>();
        cluster.changeLeader();

        for (int look = 0; look < 10; look++) {
            if (cluster.look() instanceof RenewalStep.Wait wait) {
                cluster.pass(wait.atMost());
            }
            assertThat(cluster.refusal()).isEmpty();
        }
        assertThat(Keyring.read(cluster.secret).isWhole()).isTrue();
    }

    @Test
    void aSecretThatWasHalfWrittenIsNotServed() {
        install();
        X509Certificate first = served();
        for (String entry : Keyring.EMPTY.entries().keySet()) {
            for (String damage : new String[] {
                "", "garbage", cluster.secret.getOrDefault(entry, "").substring(40)
            }) {
                var whole = new HashMap<>(cluster.secret);
                cluster.secret.put(entry, damage);
                cluster.follow();
                assertThat(served()).as(entry).isEqualTo(first);
                cluster.look();
                assertThat(cluster.secret).as(entry).isEqualTo(whole);
            }
        }
    }

    @Test
    void aCertificateAndAuthorityThatAUserPutsThereAreTakenIntoUse() {
        install();
        CertificateAuthority own = CertificateAuthority.create(
                "of the user", Duration.ofDays(300), Clock.fixed(cluster.now, ZoneOffset.UTC));
        Keyring keyring = new Keyring(
                java.util.List.of(own.certificate(), authority()),
                Optional.of(own.pem()),
                Optional.of(own.issueFor(ModelCluster.SERVICE, Duration.ofDays(90))));

        cluster.secret = new HashMap<>(keyring.entries());
        cluster.follow();
        cluster.settle(AN_HOUR);

        assertThat(authority()).isEqualTo(own.certificate());
        assertThat(Keyring.readable(cluster.caBundle)).containsExactly(own.certificate());
    }

    @Test
    void aClockThatJumpsForwardOverEverythingEndsWithEverythingNew() {
        install();

        cluster.pass(Duration.ofDays(40_000));
        cluster.settle(AN_HOUR);
        cluster.pass(ModelCluster.LIFETIMES.propagation());

        assertThat(cluster.refusal()).isEmpty();
        assertThat(cluster.history).hasSizeLessThan(10);
    }

    @Test
    void aClockThatJumpsBackEndsWithCertificatesThatAreValidThen() {
        install();

        cluster.pass(Duration.ofDays(-400));
        cluster.settle(AN_HOUR);
        cluster.pass(ModelCluster.LIFETIMES.propagation());

        assertThat(cluster.refusal()).isEmpty();
    }

    @Test
    void livesThatCannotWorkAreRefused() {
        assertThatThrownBy(() -> new Lifetimes(A_DAY, Duration.ofDays(2), Duration.ofMinutes(1)))
                .hasMessageContaining("at least as long");
    }

    @Test
    void noKeyIsEverPrinted() {
        install();
        Keyring keyring = Keyring.read(cluster.secret);

        assertThat(keyring + " " + new RenewalStep.Store(keyring, "a test"))
                .doesNotContain("PRIVATE")
                .doesNotContain(
                        cluster.secret.getOrDefault(Keyring.SIGNING_KEY, "").substring(60, 100));
    }
}
