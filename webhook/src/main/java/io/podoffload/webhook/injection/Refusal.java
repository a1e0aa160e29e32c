package io.podoffload.webhook.injection;

/**
 * Why a pod may not be created.
 *
 * @param code HTTP status that the API server gives to whoever created the pod
 * @param message cause and cure
 */
public record Refusal(int code, String message) {

    static final int FORBIDDEN = 403;
    static final int UNPROCESSABLE = 422;
}
