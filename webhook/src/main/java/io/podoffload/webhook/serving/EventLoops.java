package io.podoffload.webhook.serving;

import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;
import reactor.netty.http.HttpResources;
import reactor.netty.resources.LoopResources;

/**
 * Part of liveness: whether each event loop still runs what it is given. One that hangs answers none of its requests until
 * the process is restarted, and a probe meets it only by chance. After a starvation each loop answers before the next probe.
 */
@Component("eventLoops")
final class EventLoops implements HealthIndicator {

    private static final Duration HANGS_AFTER = Duration.ofSeconds(30);

    private final Iterable<EventExecutor> loops;
    private final Duration hangsAfter;

    /** Loops that have not run their last task yet, and since when. */
    private final Map<EventExecutor, Long> asked = new ConcurrentHashMap<>();

    @Autowired
    EventLoops() {
        this(HttpResources.get().onServer(LoopResources.DEFAULT_NATIVE), HANGS_AFTER);
    }

    EventLoops(Iterable<EventExecutor> loops, Duration hangsAfter) {
        this.loops = loops;
        this.hangsAfter = hangsAfter;
    }

    @Override
    public Health health() {
        int hanging = 0;
        for (EventExecutor loop : loops) {
            long now = System.nanoTime();
            Long since = asked.putIfAbsent(loop, now);
            if (since == null) {
                loop.execute(() -> asked.remove(loop));
            } else if (now - since >= hangsAfter.toNanos()) {
                hanging++;
            }
        }
        return hanging == 0
                ? Health.up().build()
                : Health.down()
                        .withDetail("hanging", hanging)
                        .withDetail("for at least", hangsAfter.toSeconds() + " s")
                        .build();
    }
}
