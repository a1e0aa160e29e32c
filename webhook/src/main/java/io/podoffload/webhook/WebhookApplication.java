package io.podoffload.webhook;

import io.podoffload.webhook.injection.InjectionPolicy;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** {@code java -jar webhook.jar}; the settings are those of {@link WebhookProperties}. */
@SpringBootApplication
@EnableConfigurationProperties(WebhookProperties.class)
public class WebhookApplication {

    public static void main(String[] arguments) {
        SpringApplication application = new SpringApplication(WebhookApplication.class);
        application.addListeners(new TlsFilesCheck());
        application.run(arguments);
    }

    @Bean
    InjectionPolicy injectionPolicy(WebhookProperties properties) {
        return new InjectionPolicy(properties.profile());
    }
}
