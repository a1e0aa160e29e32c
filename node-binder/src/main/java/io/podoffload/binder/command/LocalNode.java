package io.podoffload.binder.command;

import io.podoffload.binder.diagnosis.ClusterFacts;
import io.podoffload.binder.examine.ClusterExamination;
import io.podoffload.binder.prepare.NodePreparation;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** What a command needs to examine the node itself, with the same settings as the binder, given in the same ways. */
final class LocalNode implements AutoCloseable {

    private final ConfigurableApplicationContext context;

    /** @param wiring makes {@link Answers}, {@link NodePreparation} and {@link ClusterExamination} */
    LocalNode(Class<?> wiring, Settings settings) {
        context = new SpringApplicationBuilder(wiring)
                .web(WebApplicationType.NONE)
                .lazyInitialization(true)
                .logStartupInfo(false)
                .properties(Map.of(
                        "pod-offload.node-name", hostName(),
                        "logging.level.root", "warn",
                        "logging.level.io.podoffload.binder.outage", "error", // the answer says what is away
                        "logging.pattern.console", "%msg%n"))
                .run(settings.toArray());
    }

    /** The name of the node, where no setting gives another. */
    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost"; // no node has this name, so that a command that needs the name says so
        }
    }

    Answers answers() {
        return context.getBean(Answers.class);
    }

    NodePreparation preparation() {
        return context.getBean(NodePreparation.class);
    }

    /** Read with the rights of this process. */
    ClusterFacts cluster() {
        return context.getBean(ClusterExamination.class).facts();
    }

    @Override
    public void close() {
        context.close();
    }
}
