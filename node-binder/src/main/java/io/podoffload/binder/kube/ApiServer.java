package io.podoffload.binder.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podoffload.binder.outage.Dependency;
import java.net.HttpURLConnection;

/** The API server as the binder finds it: away, or answering. */
public final class ApiServer {

    private static final int TOO_MANY_REQUESTS = 429;

    private final Dependency dependency = new Dependency(
            "the API server",
            "What happens to pods meanwhile is followed, and what became of their VFs is reported, when it is back.");

    /** A call failed. Returns what the caller throws: the failure itself where that is the API server's answer. */
    RuntimeException failed(KubernetesClientException failure) {
        return isOutage(failure) ? dependency.away(sentence(failure), failure) : failure;
    }

    /** It is away, as {@code sentence} says. */
    void away(String sentence) {
        dependency.away(sentence);
    }

    void answered() {
        dependency.answered();
    }

    /** What it answered, else the innermost cause, which names the address and what is wrong with it. */
    private static String sentence(KubernetesClientException failure) {
        if (failure.getStatus() != null && failure.getStatus().getMessage() != null) {
            return failure.getCode() + ": " + failure.getStatus().getMessage();
        }
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }

    /** No answer at all, or one that says that it cannot answer now. */
    static boolean isOutage(KubernetesClientException failure) {
        int code = failure.getCode();
        return code <= 0 || code == TOO_MANY_REQUESTS || code >= HttpURLConnection.HTTP_INTERNAL_ERROR;
    }
}
