package io.podoffload.sim;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The kubelet's limit of calls of PodResources, whoever makes them: 100 a second, 10 at once. What is too much is refused.
 *
 * @see <a href="https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/apis/grpc/ratelimit.go">ratelimit.go</a>
 */
final class KubeletLimit implements ServerInterceptor {

    private static final double PER_SECOND = 100;
    private static final double AT_ONCE = 10;

    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private volatile boolean hangs;
    private double tokens = AT_ONCE; // guarded by this
    private long filledAt = System.nanoTime(); // guarded by this

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        calls.incrementAndGet();
        if (hangs) {
            return new ServerCall.Listener<>() {}; // until the caller gives up
        }
        if (allows()) {
            return next.startCall(call, headers);
        }
        refused.incrementAndGet();
        call.close(Status.RESOURCE_EXHAUSTED.withDescription("rejected by rate limit"), new Metadata());
        return new ServerCall.Listener<>() {};
    }

    private synchronized boolean allows() {
        long now = System.nanoTime();
        tokens = Math.min(AT_ONCE, tokens + (now - filledAt) / 1e9 * PER_SECOND);
        filledAt = now;
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }

    /** Takes all that is left, as another client does that asks a lot. */
    synchronized void exhaust() {
        tokens = -AT_ONCE;
        filledAt = System.nanoTime();
    }

    /** Whether calls are taken and never answered. */
    void hang(boolean hanging) {
        hangs = hanging;
    }

    int calls() {
        return calls.get();
    }

    int refused() {
        return refused.get();
    }
}
