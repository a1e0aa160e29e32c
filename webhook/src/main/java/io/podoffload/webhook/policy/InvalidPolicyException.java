package io.podoffload.webhook.policy;

import java.nio.file.Path;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** The webhook does not start on a policy that it cannot read: it would decide by another one than the user wrote. */
final class InvalidPolicyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    InvalidPolicyException(Path file, Exception cause) {
        super(
                "pod-offload.policy-file is " + file + ", which cannot be used: "
                        + (cause instanceof java.nio.file.NoSuchFileException
                                ? "there is no such file"
                                : cause.getMessage()),
                cause);
    }

    /** Registered in META-INF/spring.factories. */
    static final class Analyzer extends AbstractFailureAnalyzer<InvalidPolicyException> {
        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, InvalidPolicyException cause) {
            return new FailureAnalysis(
                    String.valueOf(cause.getMessage()),
                    "Correct the file, or leave pod-offload.policy-file out for the default policy. What may stand in it"
                            + " is in docs/webhook.md.",
                    cause);
        }
    }
}
