package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podoffload.sim.Programs;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The pages of webhook and binder, seen through {@code kubectl port-forward} as the documentation has it. */
class PortForwardStory {

    private static final HttpClient BROWSER = HttpClient.newHttpClient();

    @BeforeAll
    static void install() {
        Release.ensure();
    }

    @Test
    void theClusterAsAPage() throws Exception {
        String page = through(
                "kubectl -n pod-offload port-forward deployment/pod-offload-webhook 8080",
                "http://localhost:8080/actuator/cluster");

        assertThat(page).contains("<html").contains("node1").contains("node2");
    }

    @Test
    void theNodeAsAPage() throws Exception {
        String binder = Cluster.kubectl(
                "-n",
                Release.NAMESPACE,
                "get",
                "pod",
                "--selector=app.kubernetes.io/component=node-binder",
                "--field-selector=spec.nodeName=node1",
                "-o",
                "jsonpath={.items[0].metadata.name}");

        String page = through("kubectl -n pod-offload port-forward " + binder + " 8081", "http://localhost:8081/");

        assertThat(page).contains("<html").contains("node1");
    }

    /** Begins it, reads a page, and ends it as Ctrl-C does: without a complaint, and with nothing left that listens. */
    private static String through(String command, String address) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address)).build();
        Process forward =
                new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
        try (BufferedReader output = forward.inputReader()) {
            List<String> lines = new ArrayList<>();
            lines.add(output.readLine());
            assertThat(lines.get(0)).startsWith("Forwarding from 127.0.0.1:");

            HttpResponse<String> page = BROWSER.send(request, HttpResponse.BodyHandlers.ofString());
            Programs.signal("INT", String.valueOf(forward.pid()));

            output.lines().forEach(lines::add);
            assertThat(forward.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(lines)
                    .allMatch(line -> line.startsWith("Forwarding from ") || line.startsWith("Handling connection"));
            assertThat(forward.exitValue()).isZero();
            assertThatThrownBy(() -> BROWSER.send(request, HttpResponse.BodyHandlers.ofString()))
                    .isInstanceOf(ConnectException.class);
            assertThat(page.statusCode()).isEqualTo(200);
            return page.body();
        } finally {
            forward.destroy();
        }
    }
}
