package io.podoffload.webhook.admission;

/** The body is no AdmissionReview that could be answered: HTTP 400. */
final class InvalidReviewException extends Exception {

    private static final long serialVersionUID = 1L;

    InvalidReviewException(String reason) {
        super(reason);
    }
}
