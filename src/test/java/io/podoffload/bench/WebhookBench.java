package io.podoffload.bench;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.podoffload.bench.Load.Result;
import io.podoffload.bench.Load.Work;
import io.podoffload.certs.CertificateAuthority;
import io.podoffload.certs.ServiceName;
import io.podoffload.sim.ApiServer;
import io.podoffload.sim.ClusterObjects;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code dev/bench webhook [--json]}: what a review costs, how soon the webhook is ready, and how much memory it takes, on
 * one core, beside two floors in the same run: the same server answering a constant, and nginx answering one.
 */
public final class WebhookBench {

    private static final String OPTED_IN = "review-optin-4k.json";
    private static final Duration WARM = Duration.ofSeconds(40);
    private static final Duration EACH = Duration.ofSeconds(5);
    private static final int RUNS = 3;

    private final List<Figure> figures = new ArrayList<>();

    /**
     * One line of the table.
     *
     * @param target what it should be at most (or at least, for a rate); empty for what is only shown
     */
    private record Figure(String name, String value, String target, boolean met) {}

    private WebhookBench() {}

    public static void main(String[] arguments) throws Exception {
        Path project = Path.of(arguments[0]);
        Path java = Path.of(arguments[1]);
        boolean json = List.of(arguments).contains("--json");
        new WebhookBench().run(project, java, json, System.out);
        System.exit(0); // the API server's threads are nobody's business here
    }

    private void run(Path project, Path java, boolean json, PrintStream out) throws Exception {
        Path kit = project.resolve("src/test/resources/load");
        Path folder = Files.createTempDirectory(Files.createDirectories(project.resolve("target/bench")), "webhook-");
        Path certificates = folder.resolve("certs");
        CertificateAuthority.create("bench", Duration.ofDays(1), Clock.systemUTC())
                .issueFor(new ServiceName("localhost", "net"), Duration.ofDays(1))
                .writeTo(certificates.resolve("tls.crt"), certificates.resolve("tls.key"));
        int port = freePort();
        Load load = new Load(kit, port);
        try (ApiServer api = new ApiServer()) {
            ClusterObjects.create(api.client(), "node1", "default", "tenant-a", "pod-offload");
            api.client()
                    .resource(new ConfigMapBuilder()
                            .withNewMetadata()
                            .withNamespace("pod-offload")
                            .withName("pod-offload-node-node1")
                            .withLabels(Map.of("pod-offload.io/report", "node"))
                            .endMetadata()
                            .withData(Map.of("resources", "mellanox.com/cx5_sriov_switchdev 8"))
                            .build())
                    .create();
            WebhookApp app = new WebhookApp(
                    java,
                    project.resolve("webhook/target/webhook.jar"),
                    folder.resolve("app"),
                    api.url(),
                    certificates,
                    port,
                    freePort());
            app.train(load);
            start(app, port, Files.readAllBytes(kit.resolve(OPTED_IN)));
            speed(app, load);
            nginx(certificates, folder, kit);
            if (json) {
                out.println(JsonMapper.shared()
                        .writeValueAsString(
                                Map.of("java", app.javaVersion(), "flags", app.flags(), "figures", figures)));
            } else {
                print(app, out);
            }
        }
        delete(folder); // after a failure its logs are wanted
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void start(WebhookApp app, int port, byte[] review) throws IOException {
        List<Duration> ready = new ArrayList<>();
        List<FirstRequests> first = new ArrayList<>();
        for (int run = 0; run <= RUNS; run++) { // the first one warms this process's client
            try (Server server = app.start()) {
                Duration took = server.awaitReady();
                FirstRequests requests = FirstRequests.of(port, review);
                if (run > 0) {
                    ready.add(took);
                    first.add(requests);
                }
            }
        }
        ready.sort(Comparator.naturalOrder());
        first.sort(Comparator.comparing(FirstRequests::first));
        atMost("exec to ready", "ms", ready.get(RUNS / 2).toMillis(), 3_000);
        atMost(
                "first request, with its handshake",
                "ms",
                first.get(RUNS / 2).first().toMillis(),
                100);
        long slowest =
                first.stream().mapToLong(one -> one.slowest().toMillis()).max().orElseThrow();
        atMost("slowest of the first 1,000", "ms", slowest, 250);
    }

    private void speed(WebhookApp app, Load load) throws IOException, InterruptedException {
        try (Server server = app.start()) {
            server.awaitReady();
            shown("resident memory when ready", "MiB", server.residentMib());
            load.run(server, new Work("/mutate", OPTED_IN, 16), WARM);
            load.run(server, new Work("/constant", OPTED_IN, 16), EACH);
            load.run(server, new Work("/mutate", "review-noop-4k.json", 16), EACH);
            Result optedIn = load.median(server, new Work("/mutate", OPTED_IN, 16), EACH, RUNS);
            Result constant = load.median(server, new Work("/constant", OPTED_IN, 16), EACH, RUNS);
            Result notOurs = load.median(server, new Work("/mutate", "review-noop-4k.json", 16), EACH, RUNS);
            Result large = load.median(server, new Work("/mutate", "review-optin-64k.json", 16), EACH, RUNS);
            Result single = load.median(server, new Work("/mutate", OPTED_IN, 1), EACH, RUNS);
            Result many = load.median(server, new Work("/mutate", OPTED_IN, 64), EACH, RUNS);
            Result handshakes = load.median(server, new Work("/mutate", OPTED_IN, 16, true), EACH, RUNS);
            Thread.sleep(EACH.toMillis()); // an interval of the JVM's own for giving memory back

            atMost("CPU per request, opt-in, 4 KB pod, c=16", "us", optedIn.cpuMicros(), 120);
            atLeast("requests per second, opt-in, c=16", optedIn.perSecond(), 8_000);
            atMost("CPU per request, not ours, c=16", "us", notOurs.cpuMicros(), 90);
            shown("CPU per request, constant answer of the same process, c=16", "us", constant.cpuMicros());
            ratio("opt-in : constant", optedIn.cpuMicros(), constant.cpuMicros(), 1.6);
            shown("CPU per request, opt-in, 64 KB pod, c=16", "us", large.cpuMicros());
            ratio("64 KB : 4 KB", large.cpuMicros(), optedIn.cpuMicros(), 5);
            shown("p50, opt-in, c=1", "us", single.p50Micros());
            shown("p99, opt-in, c=16", "us", optedIn.p99Micros());
            shown("CPU per request with a TLS handshake each, c=16", "us", handshakes.cpuMicros());
            atMost("errors at c=64", "", many.errors(), 0);
            atMost("errors with a handshake each", "", handshakes.errors(), 0);
            atMost("resident memory after all of it", "MiB", server.residentMib(), 160);
        }
    }

    private void nginx(Path certificates, Path folder, Path kit) throws IOException, InterruptedException {
        int port = freePort();
        Path run = Files.createDirectories(folder.resolve("nginx"));
        Path configuration =
                Files.writeString(run.resolve("nginx.conf"), """
                daemon off;
                master_process off;
                error_log stderr notice;
                pid %1$s/nginx.pid;
                events { worker_connections 1024; }
                http {
                  access_log off;
                  client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy; fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi; scgi_temp_path %1$s/scgi;
                  keepalive_requests 1000000000;
                  server {
                    listen 127.0.0.1:%2$d ssl;
                    ssl_certificate %3$s/tls.crt;
                    ssl_certificate_key %3$s/tls.key;
                    location / { default_type application/json; return 200 "%4$s"; }
                  }
                }
                """.formatted(run, port, certificates, "x".repeat(1000)));
        try (Server server = new Server(
                List.of("nginx", "-p", run.toString(), "-c", configuration.toString()),
                Map.of(),
                folder.resolve("nginx.log"),
                "using the \"epoll\" event method")) {
            server.awaitReady();
            Load load = new Load(kit, port);
            load.run(server, new Work("/", OPTED_IN, 16), EACH);
            Result result = load.median(server, new Work("/", OPTED_IN, 16), EACH, RUNS);
            shown("CPU per request, constant answer of nginx, c=16", "us", result.cpuMicros());
        }
    }

    private void atMost(String name, String unit, long value, long most) {
        figures.add(new Figure(name, (value + " " + unit).strip(), ("<= " + most + " " + unit).strip(), value <= most));
    }

    private void atLeast(String name, double value, double least) {
        figures.add(new Figure(
                name,
                String.format(Locale.ROOT, "%.0f", value),
                String.format(Locale.ROOT, ">= %.0f", least),
                value >= least));
    }

    private void ratio(String name, double value, double floor, double most) {
        double ratio = value / floor;
        figures.add(new Figure(
                name,
                String.format(Locale.ROOT, "%.2f", ratio),
                String.format(Locale.ROOT, "<= %.1f", most),
                ratio <= most));
    }

    private void shown(String name, String unit, long value) {
        figures.add(new Figure(name, value + " " + unit, "", true));
    }

    private void print(WebhookApp app, PrintStream out) {
        out.printf("JDK %s, one core, one process: %s%n%n", app.javaVersion(), String.join(" ", app.flags()));
        if (!app.hasCache()) {
            out.println("This JDK has no AOT cache: the figures of the start are not those of the image.\n");
        }
        out.println("| figure | here | target | |");
        out.println("|---|---|---|---|");
        figures.forEach(figure -> out.printf(
                "| %s | %s | %s | %s |%n",
                figure.name(), figure.value(), figure.target(), figure.met() ? "" : "missed"));
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
