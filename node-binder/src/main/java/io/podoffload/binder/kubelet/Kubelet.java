package io.podoffload.binder.kubelet;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.kubelet.v1.AllocatableResourcesRequest;
import io.podoffload.binder.kubelet.v1.AllocatableResourcesResponse;
import io.podoffload.binder.kubelet.v1.GetPodResourcesRequest;
import io.podoffload.binder.kubelet.v1.GetPodResourcesResponse;
import io.podoffload.binder.kubelet.v1.ListPodResourcesRequest;
import io.podoffload.binder.kubelet.v1.ListPodResourcesResponse;
import io.podoffload.binder.kubelet.v1.PodResourcesListerGrpc;
import io.podoffload.binder.outage.Dependency;
import io.podoffload.binder.outage.GrpcDependency;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The kubelet's PodResources, one for all who ask it.
 *
 * <p>The kubelet answers 100 calls a second and 10 at once, to all its clients together, and refuses the rest. So a few pods
 * are asked for one by one; where many are asked for, they share a List, and there is at most one List in 20 ms.
 *
 * @see <a href="https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/apis/grpc/ratelimit.go">ratelimit.go</a>
 */
public final class Kubelet {

    private static final int ANSWER_WITHIN_SECONDS = 10;

    /** A List that was asked for so long ago counts as asked for now: the kubelet allots long before a sandbox runs. */
    private static final long NOW_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final double GETS_AT_ONCE = 4;
    private static final double GETS_PER_SECOND = 25;

    private final GrpcDependency kubelet;
    private final PodResourcesListerGrpc.PodResourcesListerBlockingStub stub;
    private final Object lists = new Object();
    private @Nullable Listed last; // guarded by lists
    private double gets = GETS_AT_ONCE; // guarded by this
    private long countedAt = System.nanoTime(); // guarded by this

    /** What a List came to; a failure is shared as an answer is. */
    private record Listed(
            long askedAt,
            @Nullable ListPodResourcesResponse answer,
            @Nullable RuntimeException failure) {
        ListPodResourcesResponse get() {
            if (answer == null) {
                throw failure == null ? new IllegalStateException("no answer") : failure;
            }
            return answer;
        }
    }

    /** @param socket where the channel leads */
    public Kubelet(ManagedChannel channel, Path socket) {
        kubelet = new GrpcDependency(
                new Dependency(
                        "the kubelet",
                        "Which pods hold which VFs is not known meanwhile; pods that start now get their VFs later."),
                channel,
                socket);
        stub = PodResourcesListerGrpc.newBlockingStub(channel);
    }

    /** The pod of this name alone; empty where so many are asked for that a {@link #list} costs the kubelet less. */
    Optional<GetPodResourcesResponse> get(PodName pod) {
        if (!mayGet()) {
            return Optional.empty();
        }
        return Optional.of(call(methods -> methods.get(GetPodResourcesRequest.newBuilder()
                .setPodName(pod.name())
                .setPodNamespace(pod.namespace())
                .build())));
    }

    private synchronized boolean mayGet() {
        long now = System.nanoTime();
        gets = Math.min(GETS_AT_ONCE, gets + (now - countedAt) * GETS_PER_SECOND / TimeUnit.SECONDS.toNanos(1));
        countedAt = now;
        if (gets < 1) {
            return false;
        }
        gets--;
        return true;
    }

    /** All pods, as they are now. */
    ListPodResourcesResponse list() {
        long asked = System.nanoTime();
        synchronized (lists) {
            Listed known = last;
            if (known == null || asked - known.askedAt() > NOW_NANOS) {
                known = ask();
                last = known;
            }
            return known.get();
        }
    }

    private Listed ask() {
        long now = System.nanoTime();
        try {
            return new Listed(now, call(methods -> methods.list(ListPodResourcesRequest.getDefaultInstance())), null);
        } catch (RuntimeException e) {
            return new Listed(now, null, e);
        }
    }

    /** Healthy devices only. */
    AllocatableResourcesResponse allocatable() {
        return call(methods -> methods.getAllocatableResources(AllocatableResourcesRequest.getDefaultInstance()));
    }

    private <T> T call(Function<PodResourcesListerGrpc.PodResourcesListerBlockingStub, T> method) {
        try {
            T answer = method.apply(stub.withDeadlineAfter(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS));
            kubelet.answered();
            return answer;
        } catch (StatusRuntimeException e) {
            throw kubelet.failed(e);
        }
    }
}
