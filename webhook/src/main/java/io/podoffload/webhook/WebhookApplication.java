package io.podoffload.webhook;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.podoffload.webhook.tls.TlsFilesCheck;
import java.time.Clock;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Profile;

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
    Clock clock() {
        return Clock.systemUTC();
    }

    /** Found as kubectl and in-cluster clients find it: service account, KUBECONFIG, or KUBERNETES_MASTER. */
    @Bean
    @Profile("!standalone")
    KubernetesClient kubernetesClient() {
        return new KubernetesClientBuilder().build();
    }
}
