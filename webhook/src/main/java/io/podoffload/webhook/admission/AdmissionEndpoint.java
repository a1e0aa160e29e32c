package io.podoffload.webhook.admission;

import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/** {@code POST /mutate}, called by the API server for each pod that the webhook configuration selects. */
@RestController
final class AdmissionEndpoint {

    private final AdmissionReviews reviews;

    AdmissionEndpoint(AdmissionReviews reviews) {
        this.reviews = reviews;
    }

    @PostMapping(
            path = "/mutate",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    JsonNode mutate(@RequestBody JsonNode review) {
        return reviews.answer(review);
    }
}
