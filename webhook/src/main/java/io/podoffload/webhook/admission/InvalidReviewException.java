package io.podoffload.webhook.admission;

import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/** The body is JSON but no AdmissionReview that could be answered: HTTP 400. */
public final class InvalidReviewException extends ResponseStatusException {

    private static final long serialVersionUID = 1L;

    InvalidReviewException(String reason) {
        super(HttpStatus.BAD_REQUEST, reason);
    }
}
