package io.podoffload.binder;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * How long each part of the binder that must never stop has given no sign of life: a metric, and a detail of its health. It is down, and
 * the kubelet restarts the binder, where a part is silent for too long that nothing but a restart wakes.
 */
@Component("watchdog")
final class Watchdog implements HealthIndicator {

    private final Duration stuckAfter;
    private final MeterRegistry meters;
    private final List<Part> parts = new CopyOnWriteArrayList<>();

    /** What ends a silence. */
    enum Cure {
        /** A restart of the binder. */
        RESTART,
        /** The binder itself tries again, or whom it asks answers again. */
        ITSELF
    }

    private record Part(String name, Supplier<Duration> silentFor, Cure cure) {}

    Watchdog(NodeBinderProperties properties, MeterRegistry meters) {
        this.stuckAfter = properties.stuckAfter();
        this.meters = meters;
    }

    /** @param silentFor how long ago the part's last sign of life was; zero where there is nothing to wait for */
    void watch(String name, Supplier<Duration> silentFor, Cure cure) {
        parts.add(new Part(name, silentFor, cure));
        Gauge.builder(
                        "pod.offload.binder.silent.seconds",
                        silentFor,
                        silence -> silence.get().toMillis() / 1e3)
                .description("How long a part of the binder has given no sign of life")
                .tag("part", name)
                .strongReference(true)
                .register(meters);
    }

    @Override
    public Health health() {
        Health.Builder health = Health.up();
        for (Part part : parts) {
            Duration silence = part.silentFor().get();
            boolean isStuck = part.cure() == Cure.RESTART && silence.compareTo(stuckAfter) > 0;
            if (isStuck) {
                health.down();
            }
            health.withDetail(
                    part.name(),
                    (isStuck ? "stuck, the binder is to be restarted: " : "") + "no sign of life for "
                            + silence.toSeconds() + " s");
        }
        return health.build();
    }
}
