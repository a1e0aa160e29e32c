package io.podoffload.webhook.tls;

import io.podoffload.webhook.WebhookProperties;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;
import org.springframework.stereotype.Component;

/**
 * TLS of the port that the API server calls. With a client authority a client may still come without a certificate, so
 * that it can be told why it is refused.
 */
@Component
final class TlsListener implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory>, Ordered {

    private final boolean clients;

    TlsListener(WebhookProperties properties) {
        clients = properties.tls().clientCa() != null;
    }

    @Override
    public void customize(NettyReactiveWebServerFactory factory) {
        Ssl ssl = new Ssl();
        ssl.setBundle(ServingCertificate.BUNDLE);
        ssl.setClientAuth(clients ? Ssl.ClientAuth.WANT : Ssl.ClientAuth.NONE);
        factory.setSsl(ssl);
    }

    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE; // after Boot's own, which sets what the properties say
    }
}
