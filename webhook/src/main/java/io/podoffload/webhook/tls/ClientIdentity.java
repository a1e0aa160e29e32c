package io.podoffload.webhook.tls;

import io.podoffload.webhook.WebhookProperties;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.SslInfo;
import org.springframework.stereotype.Component;

/**
 * Who may call, where client certificates are asked for. The authority alone is not enough: it may have issued
 * certificates to every kubelet and service account of the cluster.
 */
@Component
public final class ClientIdentity {

    private static final int DNS_NAME = 2;

    private final boolean required;
    private final Set<String> subjects;

    ClientIdentity(WebhookProperties properties) {
        required = properties.tls().clientCa() != null;
        subjects = Set.copyOf(properties.tls().clientSubjects());
    }

    /** Why the client may not call; empty where it may. */
    public Optional<String> refuse(ServerHttpRequest request) {
        if (!required) {
            return Optional.empty(); // making an SslInfo costs a quarter of a review
        }
        SslInfo tls = request.getSslInfo();
        X509Certificate[] chain = tls == null ? null : tls.getPeerCertificates();
        if (chain == null || chain.length == 0) {
            return Optional.of("a client certificate is required: give the API server one in its"
                    + " AdmissionConfiguration, or unset pod-offload.tls.client-ca");
        }
        Set<String> names = names(chain[0]);
        return names.stream().anyMatch(subjects::contains)
                ? Optional.empty()
                : Optional.of("the client certificate is for " + names + ", and only " + subjects
                        + " may call: see pod-offload.tls.client-subjects");
    }

    /** Common name and DNS names. */
    private static Set<String> names(X509Certificate certificate) {
        Set<String> names = new HashSet<>();
        try {
            new LdapName(certificate.getSubjectX500Principal().getName())
                    .getRdns().stream()
                            .filter(part -> part.getType().equalsIgnoreCase("CN"))
                            .map(Rdn::getValue)
                            .forEach(name -> names.add(name.toString()));
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                alternatives.stream()
                        .filter(name -> Integer.valueOf(DNS_NAME).equals(name.get(0)))
                        .forEach(name -> names.add(String.valueOf(name.get(1))));
            }
        } catch (InvalidNameException | CertificateParsingException e) {
            return names; // a name that nobody can read is nobody's
        }
        return names;
    }
}
