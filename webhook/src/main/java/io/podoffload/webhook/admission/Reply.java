package io.podoffload.webhook.admission;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * An answer that is whole in memory.
 *
 * @param header one more header, and its value; null for none
 */
record Reply(
        HttpStatus statusCode,
        MediaType type,
        byte[] body,
        @Nullable String header,
        @Nullable String value) implements ServerResponse {

    static Reply review(byte[] json) {
        return new Reply(HttpStatus.OK, MediaType.APPLICATION_JSON, json, null, null);
    }

    static Reply text(HttpStatus status, String sentence, @Nullable String header, @Nullable String value) {
        return new Reply(
                status, MediaType.TEXT_PLAIN, (sentence + "\n").getBytes(StandardCharsets.UTF_8), header, value);
    }

    @Override
    public HttpHeaders headers() {
        HttpHeaders headers = new HttpHeaders();
        addTo(headers);
        return headers;
    }

    private void addTo(HttpHeaders headers) {
        headers.setContentType(type);
        headers.setContentLength(body.length);
        if (header != null) {
            headers.set(header, value);
        }
        if (statusCode == HttpStatus.SERVICE_UNAVAILABLE) {
            headers.set(HttpHeaders.CONNECTION, "close");
        }
    }

    @Override
    public MultiValueMap<String, ResponseCookie> cookies() {
        return MultiValueMap.fromSingleValue(java.util.Map.of());
    }

    @Override
    public Mono<Void> writeTo(ServerWebExchange exchange, Context context) {
        ServerHttpResponse response = exchange.getResponse();
        response.setStatusCode(statusCode);
        addTo(response.getHeaders());
        return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
    }
}
