package io.podoffload.e2e;

import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** One connection of an API server to the webhook, which it keeps; a request can be sent in two parts. */
final class KeptConnection implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 20_000;

    private final SSLSocket socket;
    private final BufferedReader answers;

    KeptConnection(int port) throws IOException, GeneralSecurityException {
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        socket = (SSLSocket) tls.getSocketFactory().createSocket("localhost", port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.startHandshake();
        answers = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** Sends a request as a whole, and returns the first line of its answer. */
    String post(String body) throws IOException {
        begin(body);
        return finish(body);
    }

    /** Sends the head, and returns when the webhook wants the body. */
    void begin(String body) throws IOException {
        send("POST /mutate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                + "Content-Length: " + body.length() + "\r\n\r\n");
        String first = answers.readLine();
        if (!"HTTP/1.1 100 Continue".equals(first) || !answers.readLine().isEmpty()) {
            throw new IOException("the webhook does not want the body: " + first);
        }
    }

    /** Sends the body, ASCII, and returns the first line of the answer. */
    String finish(String body) throws IOException {
        send(body);
        return String.valueOf(answers.readLine());
    }

    private void send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
