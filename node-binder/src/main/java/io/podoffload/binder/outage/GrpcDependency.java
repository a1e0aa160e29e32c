package io.podoffload.binder.outage;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.FileNotFoundException;
import java.nio.file.Path;

/** A {@link Dependency} behind a gRPC channel to a unix socket: which failures mean that it is away, and which are its answer. */
public final class GrpcDependency {

    private final Dependency dependency;
    private final ManagedChannel channel;
    private final Path socket;

    /** @param socket where the channel leads; gRPC's own message does not name it */
    public GrpcDependency(Dependency dependency, ManagedChannel channel, Path socket) {
        this.dependency = dependency;
        this.channel = channel;
        this.socket = socket;
    }

    /** A call failed. Returns what the caller throws: the failure itself where that is an answer. */
    public RuntimeException failed(StatusRuntimeException failure) {
        Status status = failure.getStatus();
        if (status.getCode() == Status.Code.UNAVAILABLE) {
            channel.resetConnectBackoff(); // or gRPC would wait for up to two minutes; the caller comes back sooner
        }
        return switch (status.getCode()) {
            // a call that is refused because there are too many is no answer either
            case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED -> dependency.away(sentence(status), failure);
            case CANCELLED -> failure; // by the binder, which ends
            default -> {
                dependency.answered();
                yield failure;
            }
        };
    }

    public void answered() {
        dependency.answered();
    }

    /** With the innermost cause that has a message, else the name of one: the kernel's word on the socket. */
    private String sentence(Status status) {
        StringBuilder sentence = new StringBuilder()
                .append(socket)
                .append(": ")
                .append(status.getCode().name());
        if (status.getDescription() != null) {
            sentence.append(": ").append(status.getDescription());
        }
        String innermost = "";
        for (Throwable cause = status.getCause(); cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            if (message != null) {
                innermost = message;
            } else if (cause instanceof FileNotFoundException) {
                innermost = "there is no such socket"; // Netty's exception for ENOENT is without a message
            } else if (innermost.isEmpty()) {
                innermost = cause.getClass().getSimpleName();
            }
        }
        if (!innermost.isEmpty()) {
            sentence.append(": ").append(innermost);
        }
        return sentence.toString();
    }
}
