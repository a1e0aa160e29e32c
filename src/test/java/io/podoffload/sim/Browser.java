package io.podoffload.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A real Chromium without a screen, driven over its own protocol.
 *
 * @see <a href="https://chromedevtools.github.io/devtools-protocol/">DevTools protocol</a>
 */
public final class Browser implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration STARTS_WITHIN = Duration.ofSeconds(60);
    private static final int ANSWERS_WITHIN_SECONDS = 60;

    private final Process process;
    private final WebSocket socket;
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<JsonNode>> awaited = new ConcurrentHashMap<>();
    private int lastId;

    /** @param folder for its profile and its log */
    public Browser(Path folder) {
        try {
            Path profile = Files.createDirectories(folder.resolve("browser"));
            Files.deleteIfExists(profile.resolve("DevToolsActivePort"));
            process = Programs.start(
                    folder.resolve("browser.log"),
                    Map.of("XDG_CACHE_HOME", profile.toString()),
                    List.of(
                            Path.of(System.getenv("POD_OFFLOAD_TOOLS"), "bin", "chromium")
                                    .toString(),
                            "--no-sandbox", // it is root, and shows only our own pages
                            "--remote-debugging-port=0",
                            "--user-data-dir=" + profile,
                            "about:blank"));
            int port = Awaitility.await().atMost(STARTS_WITHIN).until(() -> port(profile), found -> found > 0);
            JsonNode page = JSON.readTree(Programs.run("curl", "-sS", "http://127.0.0.1:" + port + "/json"))
                    .path(0);
            socket = HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .buildAsync(URI.create(page.path("webSocketDebuggerUrl").asString()), new Answers())
                    .get(ANSWERS_WITHIN_SECONDS, TimeUnit.SECONDS);
            call("Page.enable");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException("the browser does not start; see " + folder.resolve("browser.log"), e);
        }
    }

    /** Chromium writes it when it listens. */
    private static int port(Path profile) throws IOException {
        Path file = profile.resolve("DevToolsActivePort");
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        return lines.size() < 2 ? 0 : Integer.parseInt(lines.get(0));
    }

    /** Puts the parts of each message together. */
    private final class Answers implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            message.append(part);
            if (last) {
                JsonNode json = JSON.readTree(message.toString());
                message.setLength(0);
                CompletableFuture<JsonNode> waiting = json.has("id")
                        ? answers.remove(json.path("id").asInt())
                        : awaited.remove(json.path("method").asString(""));
                if (waiting != null) {
                    waiting.complete(json);
                }
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }

    private static JsonNode await(CompletableFuture<JsonNode> answer) {
        return answer.orTimeout(ANSWERS_WITHIN_SECONDS, TimeUnit.SECONDS).join();
    }

    private JsonNode call(String method, Object... parameters) {
        ObjectNode request = JSON.createObjectNode().put("id", ++lastId).put("method", method);
        ObjectNode named = request.putObject("params");
        for (int index = 0; index < parameters.length; index += 2) {
            named.set((String) parameters[index], JSON.valueToTree(parameters[index + 1]));
        }
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(lastId, answer);
        socket.sendText(request.toString(), true).join();
        JsonNode json = await(answer);
        if (json.has("error")) {
            throw new IllegalStateException(method + ": " + json.path("error"));
        }
        return json.path("result");
    }

    /** Loads a page, and returns when it is shown. */
    public void open(String url) {
        CompletableFuture<JsonNode> loaded = new CompletableFuture<>();
        awaited.put("Page.loadEventFired", loaded);
        call("Page.navigate", "url", url);
        await(loaded);
    }

    /** The window, in CSS pixels. */
    public void resize(int width, int height) {
        call(
                "Emulation.setDeviceMetricsOverride",
                "width",
                width,
                "height",
                height,
                "deviceScaleFactor",
                1,
                "mobile",
                false);
    }

    /** @param scheme {@code dark} or {@code light} */
    public void prefer(String scheme) {
        call(
                "Emulation.setEmulatedMedia",
                "features",
                List.of(Map.of("name", "prefers-color-scheme", "value", scheme)));
    }

    /** Presses and lets go of a key: {@code Tab}, {@code Enter}. */
    public void press(String key) {
        boolean enter = key.equals("Enter");
        int code = enter ? 13 : 9;
        call(
                "Input.dispatchKeyEvent",
                "type",
                enter ? "keyDown" : "rawKeyDown",
                "key",
                key,
                "code",
                key,
                "text",
                enter ? "\r" : "",
                "windowsVirtualKeyCode",
                code);
        call("Input.dispatchKeyEvent", "type", "keyUp", "key", key, "code", key, "windowsVirtualKeyCode", code);
    }

    /** The value of a JavaScript expression. */
    public JsonNode evaluate(String expression) {
        JsonNode result = call("Runtime.evaluate", "expression", expression, "returnByValue", true);
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + result.path("exceptionDetails"));
        }
        return result.path("result").path("value");
    }

    /** What a screen reader is given: {@code role name}, one for each thing that has a name. */
    public List<String> spoken() {
        List<String> spoken = new ArrayList<>();
        for (JsonNode node : call("Accessibility.getFullAXTree").path("nodes")) {
            if (!node.path("ignored").asBoolean(false)) {
                spoken.add((node.path("role").path("value").asString("") + " "
                                + node.path("name").path("value").asString(""))
                        .strip());
            }
        }
        return spoken;
    }

    /** PNG of the whole page. */
    public void screenshot(Path file) {
        try {
            Files.write(
                    file,
                    Base64.getDecoder()
                            .decode(call("Page.captureScreenshot", "captureBeyondViewport", true)
                                    .path("data")
                                    .asString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
