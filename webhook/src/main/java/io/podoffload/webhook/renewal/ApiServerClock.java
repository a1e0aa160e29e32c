package io.podoffload.webhook.renewal;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The clock of the API server, to the second: it judges the certificates, so that it is the one to make them by. A node
 * whose own clock is wrong makes no certificate that is not valid yet.
 */
final class ApiServerClock {

    private static final int PATIENCE_SECONDS = 10;

    private final KubernetesClient client;

    ApiServerClock(KubernetesClient client) {
        this.client = client;
    }

    /** The Date of an answer, RFC 9110, 6.6.1. */
    Instant now() throws IOException, InterruptedException {
        URI uri = URI.create(client.getConfiguration().getMasterUrl()).resolve("version");
        try {
            HttpResponse<String> answer = client.getHttpClient()
                    .sendAsync(
                            client.getHttpClient()
                                    .newHttpRequestBuilder()
                                    .uri(uri.toString())
                                    .build(),
                            String.class)
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            String date = answer.header("Date");
            if (date == null) {
                throw new IOException("the API server does not say what time it is: no Date in its answer to " + uri);
            }
            return ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the API server cannot be asked for the time: " + e.getMessage(), e);
        }
    }
}
