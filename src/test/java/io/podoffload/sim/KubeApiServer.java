package io.podoffload.sim;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.podoffload.certs.CertificateAuthority;
import io.podoffload.certs.PemKeyPair;
import io.podoffload.certs.ServiceName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A real kube-apiserver with its etcd, on loopback: the binaries that {@code setup-envtest} fetches into the folder that
 * {@code KUBEBUILDER_ASSETS} names.
 *
 * @see <a href="https://book.kubebuilder.io/reference/envtest">envtest</a>
 */
public final class KubeApiServer implements AutoCloseable {

    private static final String TOKEN = "simulated-administrator";
    private static final Duration STARTS_WITHIN = Duration.ofSeconds(60);

    private final List<Process> processes = new ArrayList<>();
    private final Path folder;
    private final int port;
    private @Nullable KubernetesClient client;

    /**
     * Starts both, and returns when they are ready.
     *
     * @param assets folder with {@code etcd} and {@code kube-apiserver}
     * @param folder for data and logs
     */
    public KubeApiServer(Path assets, Path folder) {
        this.folder = folder;
        port = freePort();
        try {
            int etcd = freePort();
            start(
                    assets.resolve("etcd"),
                    "--data-dir=" + folder.resolve("etcd-data"),
                    "--listen-client-urls=http://127.0.0.1:" + etcd,
                    "--advertise-client-urls=http://127.0.0.1:" + etcd,
                    "--listen-peer-urls=http://127.0.0.1:" + freePort(),
                    "--unsafe-no-fsync");
            PemKeyPair accounts = CertificateAuthority.create("service accounts", Duration.ofDays(1), Clock.systemUTC())
                    .issueFor(new ServiceName("kubernetes", "default"), Duration.ofDays(1));
            accounts.writeTo(folder.resolve("accounts.crt"), folder.resolve("accounts.key"));
            Path tokens = Files.writeString(folder.resolve("tokens.csv"), TOKEN + ",admin,1,system:masters\n");
            start(
                    assets.resolve("kube-apiserver"),
                    "--etcd-servers=http://127.0.0.1:" + etcd,
                    "--bind-address=127.0.0.1",
                    "--secure-port=" + port,
                    "--cert-dir=" + folder.resolve("serving"),
                    "--token-auth-file=" + tokens,
                    "--authorization-mode=RBAC",
                    "--service-cluster-ip-range=10.0.0.0/24",
                    "--service-account-issuer=https://kubernetes.default.svc",
                    "--service-account-key-file=" + folder.resolve("accounts.crt"),
                    "--service-account-signing-key-file=" + folder.resolve("accounts.key"),
                    "--disable-admission-plugins=ServiceAccount");
            KubernetesClient administrator = new KubernetesClientBuilder()
                    .withConfig(Config.fromKubeconfig(kubeConfig()))
                    .build();
            client = administrator;
            Awaitility.await()
                    .atMost(STARTS_WITHIN)
                    .ignoreExceptions()
                    .until(() -> "ok".equals(administrator.raw("/readyz")));
        } catch (IOException | RuntimeException e) {
            stop();
            throw e instanceof IOException failure ? new UncheckedIOException(failure) : (RuntimeException) e;
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void start(Path program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(program.getFileName() + ".log").toFile())
                .start());
    }

    /** The administrator's client. */
    public KubernetesClient client() {
        return Objects.requireNonNull(client);
    }

    /** The administrator's, YAML. */
    public String kubeConfig() {
        return """
                apiVersion: v1
                kind: Config
                clusters: [{name: real, cluster: {server: "https://127.0.0.1:%s", insecure-skip-tls-verify: true}}]
                users: [{name: admin, user: {token: %s}}]
                contexts: [{name: real, context: {cluster: real, user: admin}}]
                current-context: real
                """.formatted(port, TOKEN);
    }

    @Override
    public void close() {
        stop();
    }

    private void stop() {
        if (client != null) {
            client.close();
        }
        for (int index = processes.size() - 1; index >= 0; index--) {
            processes.get(index).destroyForcibly();
        }
    }
}
