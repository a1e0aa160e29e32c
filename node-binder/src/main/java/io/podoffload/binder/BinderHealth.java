package io.podoffload.binder;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Ready once every VF has been looked at; until then the sources that the binder needs have not all answered. */
@Component("binder")
final class BinderHealth implements HealthIndicator {

    private final NodeBinder binder;

    BinderHealth(NodeBinder binder) {
        this.binder = binder;
    }

    @Override
    public Health health() {
        return binder.isLooking()
                ? Health.up().build()
                : Health.outOfService()
                        .withDetail("waiting for", "kubelet, container runtime and Open vSwitch; see the log")
                        .build();
    }
}
