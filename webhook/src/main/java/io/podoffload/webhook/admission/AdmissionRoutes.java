package io.podoffload.webhook.admission;

import io.podoffload.webhook.injection.Entry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

/** Where the API server posts its reviews: one path for each entry of the webhook configuration. */
@Configuration(proxyBeanMethods = false)
class AdmissionRoutes {

    @Bean
    RouterFunction<ServerResponse> admission(AdmissionEndpoint endpoint) {
        return RouterFunctions.route(
                        RequestPredicates.path("/mutate"), request -> endpoint.answer(request, Entry.LABEL))
                .andRoute(
                        RequestPredicates.path("/mutate/namespace"),
                        request -> endpoint.answer(request, Entry.NAMESPACE));
    }
}
