package io.podoffload.binder;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.podoffload.binder.command.CommandLine;
import io.podoffload.binder.kube.ApiClient;
import io.podoffload.binder.prepare.PrepareProperties;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * {@code java -jar node-binder.jar [COMMAND]}; the settings are those of {@link NodeBinderProperties} and
 * {@link PrepareProperties}.
 */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties({NodeBinderProperties.class, PrepareProperties.class})
public class NodeBinderApplication {

    public static void main(String[] arguments) {
        if (CommandLine.isAsked(arguments)) {
            System.exit(CommandLine.run(CommandWiring.class, arguments, System.out, System.err));
        }
        SpringApplication.run(NodeBinderApplication.class, arguments);
    }

    @Bean
    KubernetesClient kubernetesClient() {
        return ApiClient.open();
    }
}
