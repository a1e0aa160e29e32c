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
import io.podoffload.binder.outage.SignOfLife;
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
 * Tells of sandboxes that come and go: by the runtime's stream of container events where that takes no event from the kubelet, else by
 * comparing its list with the one before.
 */
public final class SandboxWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SandboxWatch.class);
    private static final long POLL_MILLIS = 2_000;
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
    private final SignOfLife ended = new SignOfLife();
    private volatile boolean listening;
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
        try {
            follow(sandboxes.version());
        } catch (RuntimeException e) {
            LOG.debug("the container runtime does not say which it is", e);
            reconnect.later();
        }
    }

    private void follow(RuntimeVersion runtime) {
        if (runtime.givesEventsToEachCaller()) {
            listen();
        } else {
            poll(runtime + " gives each container event to one caller only, and the kubelet must not miss one");
        }
    }

    private void poll(String why) {
        LOG.info("{}, so its list is compared every {} s", why, POLL_MILLIS / 1_000);
        Future<?> unused = thread.scheduleWithFixedDelay(this::compare, 0, POLL_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** How long it has known of no sandbox: since the stream ended, or since the last list. */
    public Duration silentFor() {
        return listening ? Duration.ZERO : ended.age();
    }

    /** By a list it is seen that the runtime is back, and only then what was missed can be asked for. */
    private void reconnect() {
        RuntimeVersion runtime;
        try {
            runtime = sandboxes.version();
            sandboxes.all();
        } catch (RuntimeException e) {
            LOG.debug("the container runtime is not back yet", e);
            reconnect.later();
            return;
        }
        follow(runtime);
        onDoubt.run();
    }

    private void listen() {
        listening = true;
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
        listening = false;
        ended.show();
        if (thread.isShutdown()) {
            return;
        }
        if (status.getCode() == Status.Code.UNIMPLEMENTED || isSwitchedOff(status)) {
            poll("this container runtime has no stream of events");
            return;
        }
        sandboxes.streamEnded(status);
        if (System.nanoTime() - listensSince > LASTS_NANOS) {
            reconnect.succeeded();
        }
        reconnect.later();
    }

    /** A runtime may answer so while its evented PLEG is off. */
    private static boolean isSwitchedOff(Status status) {
        return String.valueOf(status.getDescription()).contains("not enabled");
    }

    private void compare() {
        try {
            Map<String, Sandbox> now = sandboxes.all().stream()
                    .filter(Sandbox::ready)
                    .collect(Collectors.toMap(Sandbox::id, Function.identity()));
            ended.show();
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
