package io.podoffload.cluster;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** HTTP/1.1 on a unix socket, one request per connection. */
final class HttpOverUnix {

    private static final Logger LOG = LoggerFactory.getLogger(HttpOverUnix.class);

    private HttpOverUnix() {}

    /**
     * An answer.
     *
     * @param status HTTP status code
     */
    record Answer(int status, String body) {}

    /**
     * Serves until the process ends.
     *
     * @param answer to a path and a body
     */
    static void serve(Path socket, BiFunction<String, String, Answer> answer) throws IOException {
        Files.deleteIfExists(socket);
        ExecutorService workers = Executors.newCachedThreadPool();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            while (true) {
                SocketChannel client = server.accept();
                workers.execute(() -> serve(client, answer));
            }
        }
    }

    private static void serve(SocketChannel client, BiFunction<String, String, Answer> answer) {
        try (client) {
            InputStream input = new BufferedInputStream(Channels.newInputStream(client));
            String path = line(input).split(" ", 3)[1];
            int length = 0;
            for (String header = line(input); !header.isEmpty(); header = line(input)) {
                if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                    length = Integer.parseInt(
                            header.substring("content-length:".length()).strip());
                }
            }
            Answer answered = answer.apply(path, new String(input.readNBytes(length), StandardCharsets.UTF_8));
            byte[] body = answered.body().getBytes(StandardCharsets.UTF_8);
            String head = "HTTP/1.1 " + answered.status() + " .\r\nContent-Type: application/json\r\n"
                    + (answered.status() == 204 ? "" : "Content-Length: " + body.length + "\r\n")
                    + "Connection: close\r\n\r\n";
            client.write(
                    new ByteBuffer[] {ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)), ByteBuffer.wrap(body)
                    });
        } catch (IOException e) {
            LOG.warn("a request was not answered", e);
        }
    }

    private static String line(InputStream input) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = input.read(); next >= 0 && next != '\n'; next = input.read()) {
            if (next != '\r') {
                line.write(next);
            }
        }
        return line.toString(StandardCharsets.US_ASCII);
    }
}
