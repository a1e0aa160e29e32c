package io.podoffload.binder;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** {@code java -jar node-binder.jar}; the settings are those of {@link NodeBinderProperties}. */
@SpringBootApplication
@EnableConfigurationProperties(NodeBinderProperties.class)
public class NodeBinderApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(NodeBinderApplication.class, arguments);
    }

    /** Found as kubectl and in-cluster clients find it: service account, KUBECONFIG, or KUBERNETES_MASTER. */
    @Bean
    KubernetesClient kubernetesClient() {
        return new KubernetesClientBuilder().build();
    }
}
