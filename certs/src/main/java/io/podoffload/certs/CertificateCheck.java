package io.podoffload.certs;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the API server finds wrong with a served chain.
 *
 * @param authorities the caBundle
 * @param chain what is served, the certificate of the server first
 */
record CertificateCheck(List<X509Certificate> authorities, List<X509Certificate> chain) {

    /** Each with its cure; none where the certificate is accepted at {@code now}. */
    List<String> faults(ServiceName service, @Nullable String privateKey, Instant now) {
        if (chain.isEmpty() || authorities.isEmpty()) {
            return List.of((chain.isEmpty() ? "it" : "the caBundle") + " holds no PEM block CERTIFICATE");
        }
        List<String> faults = new ArrayList<>();
        X509Certificate server = chain.get(0);
        if (now.isAfter(server.getNotAfter().toInstant())) {
            faults.add("it expired on " + server.getNotAfter().toInstant() + "; issue a new one");
        } else if (now.isBefore(server.getNotBefore().toInstant())) {
            faults.add("it is valid from " + server.getNotBefore().toInstant() + " on; compare the clocks");
        } else {
            checkChain(now, faults);
        }
        String called = service.dnsNames().get(0);
        if (!ServiceName.namesIn(server).contains(called)) {
            faults.add("it is not for " + called + " but for " + ServiceName.namesIn(server)
                    + "; issue one with --service and --namespace");
        }
        if (privateKey != null) {
            try {
                Pem.requireMatch(server, Pem.privateKey(privateKey));
            } catch (IllegalArgumentException e) {
                faults.add(String.valueOf(e.getMessage()));
            }
        }
        return faults;
    }

    private void checkChain(Instant now, List<String> faults) {
        try {
            PKIXParameters parameters = new PKIXParameters(
                    authorities.stream().map(one -> new TrustAnchor(one, null)).collect(Collectors.toSet()));
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(now));
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(chain), parameters);
        } catch (CertPathValidatorException e) {
            faults.add("no authority of the caBundle signed it (" + e.getMessage()
                    + "); take the ca.crt that was written beside it");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot check a chain of certificates", e);
        }
    }
}
