package io.podoffload.bench;

import java.nio.charset.StandardCharsets;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** A floor: in the webhook's own process the same request is read and answered by a constant, {@code POST /constant}. */
@Configuration(proxyBeanMethods = false)
class ConstantEndpoint {

    private static final byte[] ANSWER = "x".repeat(1000).getBytes(StandardCharsets.US_ASCII);

    @Bean
    RouterFunction<ServerResponse> constant() {
        return RouterFunctions.route(
                RequestPredicates.path("/constant"),
                request -> DataBufferUtils.join(request.exchange().getRequest().getBody())
                        .flatMap(body -> {
                            DataBufferUtils.release(body);
                            return ServerResponse.ok()
                                    .contentType(MediaType.APPLICATION_JSON)
                                    .contentLength(ANSWER.length)
                                    .body((output, context) -> output.writeWith(
                                            Mono.just(output.bufferFactory().wrap(ANSWER))));
                        }));
    }
}
