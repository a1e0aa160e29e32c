package io.podoffload.binder.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podoffload.binder.ip.IpText;
import io.podoffload.binder.outage.Complaint;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Kube-OVN's Subnets, as far as the binder makes interfaces in them. Each is read for an interface, and counts for those of the next 5 s.
 * No watch is kept: each address that is allotted anywhere changes its Subnet, and every node would hear of it.
 *
 * @see <a href="https://kubeovn.github.io/docs/stable/en/reference/kube-ovn-api/">Kube-OVN's API</a>
 */
public final class Subnets implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Subnets.class);
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int REMEMBERED = 1_000;
    private static final int WAITING = 100;
    private static final int LARGEST_MTU = 65_535;

    /** RFC 1123; a pod names its Subnet by an annotation, so that the name is the pod's to write. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][-.a-z0-9]{0,252}");

    private final KubernetesClient client;
    private final ApiServer api;
    private final LongSupplier nanoTime;
    private final Complaint refused = new Complaint(LOG);
    private final Map<String, Known> known = new LinkedHashMap<>(); // guarded by this; in the order of the last request
    private final ThreadPoolExecutor reader =
            new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING), task -> {
                Thread thread = new Thread(task, "subnets");
                thread.setDaemon(true);
                return thread;
            });

    /**
     * What is known of one.
     *
     * @param subnet the last answer, if there was one
     * @param isAsked whether the API server is asked at the moment
     * @param askAgainAt when the answer is too old
     */
    private record Known(Optional<Subnet> subnet, boolean isAsked, long askAgainAt) {}

    public Subnets(KubernetesClient client, ApiServer api) {
        this(client, api, System::nanoTime);
    }

    Subnets(KubernetesClient client, ApiServer api, LongSupplier nanoTime) {
        this.client = client;
        this.api = api;
        this.nanoTime = nanoTime;
    }

    /**
     * The Subnet as the API server says, or said at most 5 s ago, or said last where it does not answer now. Does not wait.
     *
     * @param whenAnswered called by another thread after an empty answer, when the API server has answered or has not
     * @return empty while the API server is asked, and while it has not answered once
     */
    public Optional<Subnet> get(String name, Runnable whenAnswered) {
        if (!NAME.matcher(name).matches()) {
            return Optional.of(Subnet.SILENT);
        }
        if (begin(name)) {
            try {
                reader.execute(() -> {
                    remember(name, ask(name));
                    whenAnswered.run();
                });
            } catch (RejectedExecutionException e) {
                LOG.debug("Subnet {} is not asked for now", name, e);
                remember(name, Optional.empty());
            }
        }
        return fresh(name);
    }

    private synchronized Optional<Subnet> fresh(String name) {
        Known now = known.get(name);
        return now == null || now.isAsked() ? Optional.empty() : now.subnet();
    }

    synchronized int remembered() {
        return known.size();
    }

    private synchronized boolean begin(String name) {
        long now = nanoTime.getAsLong();
        Known last = known.get(name);
        if (last != null && now - last.askAgainAt() < 0) {
            return false;
        }
        put(name, new Known(last == null ? Optional.empty() : last.subnet(), true, now + FRESH_NANOS));
        return true;
    }

    /** @param answer empty where there was none, so that what was known before counts */
    private synchronized void remember(String name, Optional<Subnet> answer) {
        Known last = known.get(name);
        long now = nanoTime.getAsLong();
        put(
                name,
                answer.isPresent()
                        ? new Known(answer, false, now + FRESH_NANOS)
                        : new Known(last == null ? Optional.empty() : last.subnet(), false, now + RETRY_NANOS));
    }

    private synchronized void put(String name, Known value) {
        known.remove(name);
        known.put(name, value);
        if (known.size() > REMEMBERED) {
            known.remove(known.keySet().iterator().next());
        }
    }

    /** Empty if there is no answer, or none that Kube-OVN's own CNI would take. */
    private Optional<Subnet> ask(String name) {
        try {
            @Nullable String answer = client.raw("/apis/kubeovn.io/v1/subnets/" + name); // null if it is not there
            api.answered();
            refused.succeeded();
            return answer == null
                    ? Optional.of(Subnet.SILENT)
                    : subnet(JsonMapper.shared().readTree(answer));
        } catch (KubernetesClientException e) {
            RuntimeException failure = api.failed(e);
            if (failure == e) {
                refused.failed(
                        "cannot read Subnets, so that MTU and gateway are those of the node and of annotations", e);
                return Optional.of(Subnet.SILENT);
            }
            return Optional.empty();
        } catch (JacksonException e) {
            LOG.warn("Subnet {} cannot be read: {}", name, e.getOriginalMessage());
            return Optional.of(Subnet.SILENT);
        }
    }

    /** Empty while OVN is to connect it to other networks and has no address for that yet. */
    static Optional<Subnet> subnet(JsonNode object) {
        JsonNode spec = object.path("spec");
        int mtu = spec.path("mtu").asInt(0);
        boolean isConnected = spec.path("u2oInterconnection").asBoolean(false);
        List<String> gateways = isConnected
                ? addresses(object.path("status").path("u2oInterconnectionIP").asString(""))
                : List.of();
        if (isConnected && gateways.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Subnet(
                mtu > 0 && mtu <= LARGEST_MTU ? OptionalInt.of(mtu) : OptionalInt.empty(),
                isConnected || spec.path("logicalGateway").asBoolean(false),
                gateways));
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
