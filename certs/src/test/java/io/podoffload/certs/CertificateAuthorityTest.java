package io.podoffload.certs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class CertificateAuthorityTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private final CertificateAuthority authority =
            CertificateAuthority.create("test CA", Duration.ofDays(10), Clock.fixed(NOW, ZoneOffset.UTC));

    @Test
    void aServingCertificateIsSignedByTheAuthorityAndNamesTheService() throws Exception {
        X509Certificate leaf = parse(authority
                .issueFor(new ServiceName("hook", "net"), Duration.ofDays(2))
                .certificate());

        leaf.verify(parse(authority.pem().certificate()).getPublicKey());
        assertThat(leaf.getSubjectAlternativeNames())
                .extracting(entry -> (Object) entry.get(1))
                .containsExactly("hook.net.svc", "hook.net.svc.cluster.local", "hook.net", "hook");
        assertThat(leaf.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(leaf.getBasicConstraints()).as("not a CA").isEqualTo(-1);
        assertThat(((ECPublicKey) leaf.getPublicKey())
                        .getParams()
                        .getCurve()
                        .getField()
                        .getFieldSize())
                .isEqualTo(256);
    }

    @Test
    void aClientCertificateCannotServe() throws Exception {
        X509Certificate client = parse(
                authority.issueForClient("kube-apiserver", Duration.ofDays(1)).certificate());

        client.verify(parse(authority.pem().certificate()).getPublicKey());
        assertThat(client.getSubjectX500Principal().getName()).isEqualTo("CN=kube-apiserver");
        assertThat(client.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
    }

    @Test
    void itIsValidFromALittleBeforeNowForTheLifetimeAskedFor() throws Exception {
        X509Certificate leaf = parse(authority
                .issueFor(new ServiceName("hook", "net"), Duration.ofDays(2))
                .certificate());

        assertThat(leaf.getNotBefore().toInstant()).isBefore(NOW);
        assertThat(leaf.getNotAfter().toInstant()).isEqualTo(NOW.plus(Duration.ofDays(2)));
    }

    @Test
    void itNeverOutlivesItsAuthority() throws Exception {
        X509Certificate leaf = parse(authority
                .issueFor(new ServiceName("hook", "net"), Duration.ofDays(99))
                .certificate());

        assertThat(leaf.getNotAfter())
                .isEqualTo(parse(authority.pem().certificate()).getNotAfter());
    }

    @Test
    void aLongServiceNameGoesWholeIntoTheSan() throws Exception {
        ServiceName service = new ServiceName("s".repeat(63), "n".repeat(63));

        X509Certificate leaf =
                parse(authority.issueFor(service, Duration.ofDays(1)).certificate());

        assertThat(leaf.getSubjectAlternativeNames())
                .extracting(entry -> (Object) entry.get(1))
                .contains(service.dnsNames().get(0));
    }

    @Test
    void aNameThatIsNoDnsLabelIsRefusedWithTheCure() {
        assertThatThrownBy(() -> new ServiceName("Hook", "net"))
                .hasMessage("'Hook' is no Service name: use lower-case letters, digits and '-',"
                        + " at most 63 characters (RFC 1123 label)");
    }

    @Test
    void thePrivateKeyIsNotInToString() {
        PemKeyPair pair = authority.pem();

        assertThat(pair.toString()).doesNotContain("PRIVATE KEY").doesNotContain(pair.privateKey());
    }

    static X509Certificate parse(String pem) throws Exception {
        return List.copyOf(CertificateFactory.getInstance("X.509")
                        .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))))
                .stream()
                .map(X509Certificate.class::cast)
                .findFirst()
                .orElseThrow();
    }
}
