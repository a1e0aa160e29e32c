package io.podoffload.binder;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.podoffload.binder.kube.ApiClient;
import io.podoffload.binder.prepare.PrepareProperties;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** The running node-binder; its settings are those of {@link NodeBinderProperties} and {@link PrepareProperties}. */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties({NodeBinderProperties.class, PrepareProperties.class})
public class NodeBinderApplication {

    @Bean
    KubernetesClient kubernetesClient() {
        return ApiClient.open();
    }
}
