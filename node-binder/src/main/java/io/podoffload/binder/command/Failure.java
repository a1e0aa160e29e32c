package io.podoffload.binder.command;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindException;

/** What a failure means to the person at the keyboard. */
public final class Failure {

    private Failure() {}

    /** What lies at the bottom says most: a socket, a file, a setting. */
    public static String sentence(Throwable failure) {
        return apiFailure(failure).map(Failure::ofApiServer).orElseGet(() -> {
            Throwable deepest = chain(failure)
                    .filter(one -> one.getMessage() != null)
                    .reduce((above, below) -> below)
                    .orElse(failure);
            return deepest.getMessage() == null ? deepest.getClass().getSimpleName() : deepest.getMessage();
        });
    }

    private static String ofApiServer(KubernetesClientException failure) {
        String answer = failure.getStatus() == null
                ? failure.getMessage()
                : failure.getStatus().getMessage();
        return switch (failure.getCode()) {
            case 0 ->
                "the API server does not answer"
                        + chain(failure)
                                .reduce((above, below) -> below)
                                .map(deepest -> ": " + deepest.getClass().getSimpleName())
                                .orElse("");
            case HttpURLConnection.HTTP_FORBIDDEN -> "this account may not read that: " + answer;
            default -> "the API server answers " + failure.getCode() + ": " + answer;
        };
    }

    /** Whether the API server refuses this account what the command asks for. */
    static boolean isForbidden(Throwable failure) {
        return apiFailure(failure)
                .filter(one -> one.getCode() == HttpURLConnection.HTTP_FORBIDDEN)
                .isPresent();
    }

    private static Optional<KubernetesClientException> apiFailure(Throwable failure) {
        return chain(failure)
                .filter(KubernetesClientException.class::isInstance)
                .map(KubernetesClientException.class::cast)
                .findFirst();
    }

    private static Stream<Throwable> chain(Throwable failure) {
        return Stream.iterate(failure, one -> one != null, Throwable::getCause);
    }

    static int exitCode(Throwable failure) {
        return chain(failure).anyMatch(ConfigurationPropertiesBindException.class::isInstance)
                ? ExitCode.USAGE
                : ExitCode.UNANSWERED;
    }
}
