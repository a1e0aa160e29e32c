package io.podoffload.webhook.admission;

import io.micrometer.core.instrument.MeterRegistry;
import io.podoffload.webhook.cluster.ClusterView;
import io.podoffload.webhook.injection.Decision;
import io.podoffload.webhook.injection.Entry;
import io.podoffload.webhook.injection.PodFacts;
import io.podoffload.webhook.policy.PolicyFile;
import io.podoffload.webhook.serving.Phase;
import io.podoffload.webhook.tls.ClientIdentity;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * Answers AdmissionReviews over HTTP. Whatever comes in gets an answer that its sender can understand, and never a 5xx but
 * for the 503 with Retry-After before the webhook is ready and while it shuts down.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/">Dynamic admission control</a>
 */
@Component
final class AdmissionEndpoint {

    private final Phase phase;
    private final ClientIdentity clients;
    private final PolicyFile policy;
    private final ClusterView cluster;
    private final DecisionJournal journal;
    private final MeterRegistry meters;

    AdmissionEndpoint(
            Phase phase,
            ClientIdentity clients,
            PolicyFile policy,
            ClusterView cluster,
            DecisionJournal journal,
            MeterRegistry meters) {
        this.phase = phase;
        this.clients = clients;
        this.policy = policy;
        this.cluster = cluster;
        this.journal = journal;
        this.meters = meters;
    }

    Mono<ServerResponse> answer(ServerRequest request, Entry entry) {
        long started = System.nanoTime();
        ServerHttpRequest http = request.exchange().getRequest();
        HttpHeaders headers = http.getHeaders();
        String away = phase.refusal();
        boolean warmUp = away != null && phase.isWarmUp(headers.getFirst(Phase.WARM_UP_HEADER));
        if (away != null && !warmUp) {
            return unavailable(away);
        }
        if (!HttpMethod.POST.equals(http.getMethod())) {
            return rejected(HttpStatus.METHOD_NOT_ALLOWED, "post an AdmissionReview here", HttpHeaders.ALLOW, "POST");
        }
        Optional<String> stranger = warmUp ? Optional.empty() : clients.refuse(http);
        if (stranger.isPresent()) {
            return rejected(HttpStatus.FORBIDDEN, stranger.get());
        }
        if (!isJson(headers)) {
            return rejected(
                    HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                    "send application/json, without a content encoding",
                    "Accept",
                    "application/json");
        }
        return ReviewBody.read(http)
                .flatMap(body -> answer(body, entry, decided -> {
                    if (!warmUp) {
                        journal.decided(decided.review(), decided.decision(), headers, System.nanoTime() - started);
                    }
                }));
    }

    private record Decided(Review review, Decision decision) {}

    private Mono<ServerResponse> answer(ReviewBody body, Entry entry, Consumer<Decided> journal) {
        try {
            if (body.isTooLarge()) {
                return rejected(HttpStatus.CONTENT_TOO_LARGE, "a review has at most 7 MiB");
            }
            if (body.isCrowdedOut()) {
                return rejected(
                        HttpStatus.TOO_MANY_REQUESTS, "too many large reviews at once", HttpHeaders.RETRY_AFTER, "1");
            }
            Review review = body.review();
            Decision decision = decide(review, entry);
            return decision instanceof Decision.UnknownNamespace
                    ? decideLater(review, entry).flatMap(later -> answer(later, journal))
                    : answer(new Decided(review, decision), journal);
        } catch (InvalidReviewException e) {
            return rejected(HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
        } finally {
            body.release();
        }
    }

    private static Mono<ServerResponse> answer(Decided decided, Consumer<Decided> journal) {
        journal.accept(decided);
        return Mono.just(Reply.review(ReviewWriter.write(decided.review().uid(), decided.decision())));
    }

    /** A Namespace that is not known yet is waited for; nothing else is. */
    private Mono<Decided> decideLater(Review review, Entry entry) {
        return Mono.fromFuture(cluster.awaitNamespace(review.namespace()), true)
                .then(Mono.fromSupplier(() -> new Decided(review, decide(review, entry))));
    }

    private Decision decide(Review review, Entry entry) {
        PodFacts pod = review.pod();
        return pod == null
                ? new Decision.NotAPodCreation()
                : policy.get().decide(pod, entry, review.namespace(), cluster);
    }

    private static boolean isJson(HttpHeaders headers) {
        String type = headers.getFirst(HttpHeaders.CONTENT_TYPE);
        if (headers.getFirst(HttpHeaders.CONTENT_ENCODING) != null || type == null) {
            return false;
        }
        if (type.equals(MediaType.APPLICATION_JSON_VALUE)) {
            return true;
        }
        try {
            return MediaType.parseMediaType(type).equalsTypeAndSubtype(MediaType.APPLICATION_JSON);
        } catch (InvalidMediaTypeException e) {
            return false;
        }
    }

    private Mono<ServerResponse> unavailable(String why) {
        return rejected(HttpStatus.SERVICE_UNAVAILABLE, why, HttpHeaders.RETRY_AFTER, "1");
    }

    private Mono<ServerResponse> rejected(HttpStatus status, String why) {
        return rejected(status, why, null, null);
    }

    private Mono<ServerResponse> rejected(
            HttpStatus status, String why, @Nullable String header, @Nullable String value) {
        meters.counter("pod.offload.webhook.rejected", "status", Integer.toString(status.value()))
                .increment();
        return Mono.just(Reply.text(status, why, header, value));
    }
}
