package io.podoffload.webhook.renewal;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.podoffload.certs.ServiceName;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What each replica serves in truth, found by shaking hands with every endpoint of the Service, ready or not. */
final class Replicas {

    private static final Logger LOG = LoggerFactory.getLogger(Replicas.class);
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final String SERVICE_LABEL = "kubernetes.io/service-name";

    private final KubernetesClient client;
    private final ServiceName service;

    Replicas(KubernetesClient client, ServiceName service) {
        this.client = client;
        this.service = service;
    }

    /** One for each replica; empty for one that does not answer. */
    List<Optional<X509Certificate>> served() {
        List<Optional<X509Certificate>> served = new ArrayList<>();
        for (EndpointSlice slice : client.discovery()
                .v1()
                .endpointSlices()
                .inNamespace(service.namespace())
                .withLabel(SERVICE_LABEL, service.service())
                .list()
                .getItems()) {
            int port = slice.getPorts().isEmpty() ? 0 : slice.getPorts().get(0).getPort();
            slice.getEndpoints()
                    .forEach(endpoint -> endpoint.getAddresses().stream()
                            .findFirst()
                            .ifPresent(address -> served.add(shakeHands(new InetSocketAddress(address, port)))));
        }
        return served;
    }

    private Optional<X509Certificate> shakeHands(InetSocketAddress replica) {
        try (Socket plain = new Socket()) {
            plain.connect(replica, (int) PATIENCE.toMillis());
            plain.setSoTimeout((int) PATIENCE.toMillis());
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null); // to see it is all we want
            try (SSLSocket socket = (SSLSocket) tls.getSocketFactory()
                    .createSocket(plain, service.dnsNames().get(0), replica.getPort(), true)) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setServerNames(
                        List.of(new SNIHostName(service.dnsNames().get(0))));
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                return Optional.of((X509Certificate) socket.getSession().getPeerCertificates()[0]);
            }
        } catch (IOException | GeneralSecurityException e) {
            LOG.debug("the replica {} does not say what it serves", replica, e);
            return Optional.empty();
        }
    }
}
