package io.podoffload.cluster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A registry that answers pulls of any host and any tag: {@code ImageRegistry PORT LAYOUT...}. A layout is an unpacked OCI archive; the last part
 * of its image's name is what it is found by.
 *
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/main/spec.md">OCI Distribution Specification</a>
 */
public final class ImageRegistry {

    private static final Pattern MANIFEST = Pattern.compile("/v2/(?:.+/)?([^/]+)/manifests/[^/]+");
    private static final Pattern BLOB = Pattern.compile("/v2/(?:.+/)?([^/]+)/blobs/sha256:([0-9a-f]{64})");

    private final Map<String, Path> layouts = new HashMap<>();

    private ImageRegistry() {}

    public static void main(String... arguments) throws IOException {
        ImageRegistry registry = new ImageRegistry();
        for (int at = 1; at < arguments.length; at++) {
            Path layout = Path.of(arguments[at]);
            JsonNode annotations = manifest(layout).path("annotations");
            String name = annotations
                    .path("io.containerd.image.name")
                    .asString(annotations
                            .path("org.opencontainers.image.ref.name")
                            .asString(""));
            if (!name.contains("/")) {
                throw new IllegalArgumentException(
                        layout + "/index.json names no image: add the annotation org.opencontainers.image.ref.name");
            }
            registry.layouts.put(name.replaceFirst(":[^/]*$", "").replaceFirst(".*/", ""), layout);
        }
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(arguments[0])), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/v2/", registry::answer);
        server.start();
    }

    private static JsonNode manifest(Path layout) throws IOException {
        return JsonMapper.shared()
                .readTree(Files.readString(layout.resolve("index.json")))
                .path("manifests")
                .path(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Matcher asked = MANIFEST.matcher(path);
            Matcher blob = BLOB.matcher(path);
            if (asked.matches() && layouts.containsKey(asked.group(1))) {
                Path layout = layouts.get(asked.group(1));
                JsonNode manifest = manifest(layout);
                String digest = manifest.path("digest").asString();
                exchange.getResponseHeaders()
                        .set("Content-Type", manifest.path("mediaType").asString());
                exchange.getResponseHeaders().set("Docker-Content-Digest", digest);
                send(exchange, layout.resolve("blobs").resolve(digest.replace(':', '/')));
            } else if (blob.matches() && layouts.containsKey(blob.group(1))) {
                send(
                        exchange,
                        layouts.get(blob.group(1)).resolve("blobs/sha256").resolve(blob.group(2)));
            } else {
                exchange.sendResponseHeaders(path.equals("/v2/") ? 200 : 404, -1);
            }
        }
    }

    private static void send(HttpExchange exchange, Path file) throws IOException {
        if (!Files.exists(file)) {
            exchange.sendResponseHeaders(404, -1);
        } else if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(Files.size(file)));
            exchange.sendResponseHeaders(200, -1);
        } else {
            exchange.sendResponseHeaders(200, Files.size(file));
            try (OutputStream body = exchange.getResponseBody()) {
                Files.copy(file, body);
            }
        }
    }
}
