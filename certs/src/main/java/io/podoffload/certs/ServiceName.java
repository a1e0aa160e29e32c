package io.podoffload.certs;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The Kubernetes Service that a serving certificate is for.
 *
 * <p>The API server verifies a webhook's certificate against {@code <service>.<namespace>.svc}.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#service-reference">Service reference</a>
 */
public record ServiceName(String service, String namespace) {

    /** Kind of a subject alternative name, RFC 5280, 4.2.1.6. */
    private static final int DNS_NAME = 2;

    private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    public ServiceName {
        requireDnsLabel("Service name", service);
        requireDnsLabel("namespace", namespace);
    }

    /** Every name under which clients inside the cluster reach the Service, the one the API server uses first. */
    public List<String> dnsNames() {
        String full = service + "." + namespace + ".svc";
        return List.of(full, full + ".cluster.local", service + "." + namespace, service);
    }

    /** The DNS names that a certificate is for. */
    public static Set<String> namesIn(X509Certificate certificate) {
        Set<String> names = new LinkedHashSet<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                alternatives.stream()
                        .filter(name -> Integer.valueOf(DNS_NAME).equals(name.get(0)))
                        .forEach(name -> names.add(String.valueOf(name.get(1))));
            }
        } catch (CertificateParsingException unreadable) {
            return Set.of(); // a name that nobody can read is nobody's
        }
        return names;
    }

    private static void requireDnsLabel(String what, String value) {
        if (!DNS_LABEL.matcher(value).matches()) {
            throw new IllegalArgumentException("'" + value + "' is no " + what
                    + ": use lower-case letters, digits and '-', at most 63 characters (RFC 1123 label)");
        }
    }
}
