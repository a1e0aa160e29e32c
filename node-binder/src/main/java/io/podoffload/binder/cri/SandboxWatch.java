package io.podoffload.binder.cri;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.podoffload.binder.binding.Sandbox;
import io.podoffload.binder.cri.v1.ContainerEventResponse;
import io.podoffload.binder.cri.v1.GetEventsRequest;
import io.podoffload.binder.cri.v1.RuntimeServiceGrpc;
import io.podoffload.binder.outage.Pauses;
import io.podoffload.binder.outage.Retry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of sandboxes that come and go: by the runtime's stream of container events where it has one (containerd; CRI-O with
 * its evented PLEG), else by comparing its list with the one before.
 */
public final class SandboxWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SandboxWatch.class);
    private static final long POLL_MILLIS = 5_000;
    private static final Pauses PAUSES = new Pauses(Duration.ofSeconds(1), Duration.ofSeconds(4));

    /** A stream that lasted so long was not in vain. */
    private static final long LASTS_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final ManagedChannel channel;
    private final Sandboxes sandboxes;
    private final Consumer<Sandbox> onChange;
    private final Runnable onDoubt;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread daemon = new Thread(task, "sandbox-watch");
        daemon.setDaemon(true);
        return daemon;
    });

    private final Retry reconnect = new Retry(thread, PAUSES, this::reconnect);
    private volatile long listensSince = System.nanoTime();

    /** READY sandboxes by id, as of the last poll; used on the one thread only. */
    private Map<String, Sandbox> ready = Map.of();

    /**
     * Starts at once.
     *
     * @param onChange called with the sandbox that changed, or whose containers did
     * @param onDoubt called when events may have been missed
     */
    public SandboxWatch(ManagedChannel channel, Sandboxes sandboxes, Consumer<Sandbox> onChange, Runnable onDoubt) {
        this.channel = channel;
        this.sandboxes = sandboxes;
        this.onChange = onChange;
        this.onDoubt = onDoubt;
        listen();
    }

    /** By a list it is seen that the runtime is back, and only then what was missed can be asked for. */
    private void reconnect() {
        try {
            sandboxes.all();
        } catch (RuntimeException e) {
            LOG.debug("the container runtime is not back yet", e);
            reconnect.later();
            return;
        }
        listen();
        onDoubt.run();
    }

    private void listen() {
        listensSince = System.nanoTime();
        RuntimeServiceGrpc.newStub(channel)
                .getContainerEvents(GetEventsRequest.getDefaultInstance(), new StreamObserver<>() {
                    @Override
                    public void onNext(ContainerEventResponse event) {
                        onChange.accept(Sandboxes.sandbox(event.getPodSandboxStatus()));
                    }

                    @Override
                    public void onError(Throwable failure) {
                        ended(Status.fromThrowable(failure));
                    }

                    @Override
                    public void onCompleted() {
                        ended(Status.OK);
                    }
                });
    }

    private void ended(Status status) {
        if (thread.isShutdown()) {
            return;
        }
        if (status.getCode() == Status.Code.UNIMPLEMENTED || isSwitchedOff(status)) {
            LOG.info(
                    "this container runtime has no stream of events, so its list is compared every {} s",
                    POLL_MILLIS / 1_000);
            Future<?> unused = thread.scheduleWithFixedDelay(this::poll, 0, POLL_MILLIS, TimeUnit.MILLISECONDS);
            return;
        }
        sandboxes.streamEnded(status);
        if (System.nanoTime() - listensSince > LASTS_NANOS) {
            reconnect.succeeded();
        }
        reconnect.later();
    }

    /** CRI-O answers so while its evented PLEG is off. */
    private static boolean isSwitchedOff(Status status) {
        return String.valueOf(status.getDescription()).contains("not enabled");
    }

    private void poll() {
        try {
            Map<String, Sandbox> now = sandboxes.all().stream()
                    .filter(Sandbox::ready)
                    .collect(Collectors.toMap(Sandbox::id, Function.identity()));
            Map<String, Sandbox> before = ready;
            ready = now;
            now.forEach((id, sandbox) -> {
                if (!before.containsKey(id)) {
                    onChange.accept(sandbox);
                }
            });
            before.forEach((id, sandbox) -> {
                if (!now.containsKey(id)) {
                    onChange.accept(sandbox.stopped());
                }
            });
        } catch (RuntimeException e) {
            LOG.debug("the list of sandboxes is not known", e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
