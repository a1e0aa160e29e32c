package io.podoffload.certs;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The Kubernetes Service that a serving certificate is for.
 *
 * <p>The API server verifies a webhook's certificate against {@code <service>.<namespace>.svc}.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#service-reference">Service reference</a>
 */
public record ServiceName(String service, String namespace) {

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

    private static void requireDnsLabel(String what, String value) {
        if (!DNS_LABEL.matcher(value).matches()) {
            throw new IllegalArgumentException("'" + value + "' is no " + what
                    + ": use lower-case letters, digits and '-', at most 63 characters (RFC 1123 label)");
        }
    }
}
