package io.podoffload.binder.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.podoffload.binder.ip.IpText;
import io.podoffload.binder.outage.Complaint;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Kube-OVN's Subnets, as far as the node's pods name them. Each is read when a pod comes that names it, and again after a while; no watch
 * is kept, because each address that is allotted anywhere changes its Subnet, and every node would hear of it.
 *
 * @see <a href="https://kubeovn.github.io/docs/stable/en/reference/kube-ovn-api/">Kube-OVN's API</a>
 */
public final class Subnets implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Subnets.class);
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final int REMEMBERED = 1_000;
    private static final int LARGEST_MTU = 65_535;

    /** RFC 1123; a pod names its Subnet by an annotation, so that the name is the pod's to write. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][-.a-z0-9]{0,252}");

    private final KubernetesClient client;
    private final LongSupplier nanoTime;
    private final Complaint refused = new Complaint(LOG);
    private final Map<String, Known> known = new LinkedHashMap<>(); // guarded by this
    private final ExecutorService reader = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "subnets");
        thread.setDaemon(true);
        return thread;
    });

    private record Known(Optional<Subnet> subnet, long askedAt) {}

    public Subnets(KubernetesClient client) {
        this(client, System::nanoTime);
    }

    Subnets(KubernetesClient client, LongSupplier nanoTime) {
        this.client = client;
        this.nanoTime = nanoTime;
    }

    /** What is known of it; empty before the first answer of the API server. */
    public synchronized Optional<Subnet> known(String name) {
        return NAME.matcher(name).matches()
                ? Optional.ofNullable(known.get(name)).flatMap(Known::subnet)
                : Optional.of(Subnet.SILENT);
    }

    /** Reads it where that has not been done lately; this does not wait. */
    public void read(String name) {
        if (!NAME.matcher(name).matches()) {
            return;
        }
        long now = nanoTime.getAsLong();
        Optional<Subnet> before = known(name);
        synchronized (this) {
            Known last = known.get(name);
            if (last != null && now - last.askedAt() < FRESH_NANOS) {
                return;
            }
            known.remove(name);
            known.put(name, new Known(before, now));
            if (known.size() > REMEMBERED) {
                known.remove(known.keySet().iterator().next());
            }
        }
        try {
            reader.execute(() -> {
                Optional<Subnet> found = ask(name).or(() -> before).or(() -> Optional.of(Subnet.SILENT));
                synchronized (this) {
                    known.put(name, new Known(found, now));
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("nothing is read at the end of the program", e);
        }
    }

    private Optional<Subnet> ask(String name) {
        try {
            @Nullable String answer = client.raw("/apis/kubeovn.io/v1/subnets/" + name); // null if it is not there
            Subnet found =
                    answer == null ? Subnet.SILENT : subnet(JsonMapper.shared().readTree(answer));
            refused.succeeded();
            return Optional.of(found);
        } catch (RuntimeException e) { // of the client, or of the JSON
            refused.failed(
                    "cannot read Subnet " + name + ", so that MTU and gateways are those of its node and pods", e);
            return Optional.empty();
        }
    }

    static Subnet subnet(JsonNode object) {
        JsonNode spec = object.path("spec");
        int mtu = spec.path("mtu").asInt(0);
        boolean isConnected = spec.path("u2oInterconnection").asBoolean(false);
        String gateways = object.path("status").path("u2oInterconnectionIP").asString("");
        return new Subnet(
                mtu > 0 && mtu <= LARGEST_MTU ? OptionalInt.of(mtu) : OptionalInt.empty(),
                isConnected || spec.path("logicalGateway").asBoolean(false),
                isConnected ? addresses(gateways) : List.of());
    }

    private static List<String> addresses(String text) {
        return Arrays.stream(text.split(","))
                .map(String::strip)
                .flatMap(one -> IpText.address(one).stream())
                .toList();
    }

    @Override
    public void close() {
        reader.shutdownNow();
    }
}
