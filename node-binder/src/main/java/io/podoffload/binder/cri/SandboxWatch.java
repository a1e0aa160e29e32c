package io.podoffload.binder.cri;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.podoffload.binder.binding.Sandbox;
import io.podoffload.binder.cri.v1.ContainerEventResponse;
import io.podoffload.binder.cri.v1.GetEventsRequest;
import io.podoffload.binder.cri.v1.RuntimeServiceGrpc;
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
    private static final long RECONNECT_MILLIS = 1_000;

    private final ManagedChannel channel;
    private final Sandboxes sandboxes;
    private final Consumer<Sandbox> onChange;
    private final Runnable onDoubt;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread daemon = new Thread(task, "sandbox-watch");
        daemon.setDaemon(true);
        return daemon;
    });

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

    private void listen() {
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
                        ended(Status.UNAVAILABLE);
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
        LOG.debug("the stream of container events ended: {}", status);
        channel.resetConnectBackoff();
        Future<?> unused = thread.schedule(
                () -> {
                    listen();
                    onDoubt.run();
                },
                RECONNECT_MILLIS,
                TimeUnit.MILLISECONDS);
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
        } catch (StatusRuntimeException e) {
            LOG.debug("the container runtime does not answer", e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
