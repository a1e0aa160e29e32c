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
 * <p>The kubelet answers 100 calls a second and 10 at once, to all its clients together, and refuses the rest. The binder makes a tenth
 * of that: a few pods are asked for one by one; where many are asked for, they share a List, which waits until a call is left.
 *
 * @see <a href="https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/apis/grpc/ratelimit.go">ratelimit.go</a>
 */
public final class Kubelet {

    private static final int ANSWER_WITHIN_SECONDS = 10;

    /** A List that was asked for so long ago counts as asked for now: the kubelet allots long before a sandbox runs. */
    private static final long NOW_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final int CALLS_AT_ONCE = 8;
    private static final int CALLS_PER_SECOND = 10;

    /** Calls that are left for Lists, which are not to wait where single pods are asked for. */
    private static final int KEPT_FOR_LISTS = 2;

    private final GrpcDependency kubelet;
    private final PodResourcesListerGrpc.PodResourcesListerBlockingStub stub;
    private final Object lists = new Object();
    private @Nullable Listed last; // guarded by lists
    private final CallBudget calls = new CallBudget(CALLS_AT_ONCE, CALLS_PER_SECOND, System::nanoTime);

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
        if (!calls.take(KEPT_FOR_LISTS)) {
            return Optional.empty();
        }
        return Optional.of(call(methods -> methods.get(GetPodResourcesRequest.newBuilder()
                .setPodName(pod.name())
                .setPodNamespace(pod.namespace())
                .build())));
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

    /** Who comes while it waits shares its answer. */
    private Listed ask() {
        calls.await();
        long now = System.nanoTime();
        try {
            return new Listed(now, call(methods -> methods.list(ListPodResourcesRequest.getDefaultInstance())), null);
        } catch (RuntimeException e) {
            return new Listed(now, null, e);
        }
    }

    /** Healthy devices only. */
    AllocatableResourcesResponse allocatable() {
        calls.await();
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
