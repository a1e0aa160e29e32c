package io.podoffload.webhook.policy;

import io.micrometer.core.instrument.MeterRegistry;
import io.podoffload.webhook.WebhookProperties;
import io.podoffload.webhook.files.Reloading;
import io.podoffload.webhook.injection.InjectionPolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

/** The policy in use: that of the file, read again when it changes, or the default one where there is no file. */
@Component
public final class PolicyFile implements Supplier<InjectionPolicy>, DisposableBean {

    private final Supplier<InjectionPolicy> current;
    private final Runnable close;

    PolicyFile(WebhookProperties properties, MeterRegistry meters) throws Exception {
        Path file = properties.policyFile();
        if (file == null) {
            current = () -> InjectionPolicy.DEFAULT;
            close = () -> {};
            return;
        }
        Reloading<InjectionPolicy> reloading;
        try {
            reloading = new Reloading<>(
                    "policy", List.of(file), meters, contents -> PolicyYaml.parse(contents.get(0)), changed -> {});
        } catch (Exception e) {
            throw new InvalidPolicyException(file, e);
        }
        current = reloading::current;
        close = reloading::close;
    }

    @Override
    public InjectionPolicy get() {
        return current.get();
    }

    @Override
    public void destroy() {
        close.run();
    }
}
