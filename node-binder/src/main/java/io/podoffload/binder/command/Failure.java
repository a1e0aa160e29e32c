package io.podoffload.binder.command;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.boot.context.config.ConfigDataException;
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
            return withMeaning(deepest);
        });
    }

    /** The message of a file's exception is often only its path. */
    private static String withMeaning(Throwable failure) {
        String message = failure.getMessage();
        if (message == null) {
            return failure.getClass().getSimpleName();
        }
        return failure instanceof NoSuchFileException
                ? message + ": there is no such file"
                : failure instanceof AccessDeniedException ? message + ": permission denied" : message;
    }

    private static String ofApiServer(KubernetesClientException failure) {
        String answer = failure.getStatus() == null
                ? failure.getMessage()
                : failure.getStatus().getMessage();
        if (failure.getCode() <= 0) {
            Throwable deepest = chain(failure).reduce((above, below) -> below).orElse(failure);
            return "the API server does not answer: "
                    + (deepest.getMessage() == null || deepest instanceof KubernetesClientException
                            ? deepest.getClass().getSimpleName()
                            : deepest.getMessage());
        }
        return failure.getCode() == HttpURLConnection.HTTP_FORBIDDEN
                ? "this account may not read that: " + answer
                : "the API server answers " + failure.getCode() + ": " + answer;
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
        return chain(failure)
                        .anyMatch(one -> one instanceof ConfigurationPropertiesBindException
                                || one instanceof ConfigDataException)
                ? ExitCode.USAGE
                : ExitCode.UNANSWERED;
    }
}
