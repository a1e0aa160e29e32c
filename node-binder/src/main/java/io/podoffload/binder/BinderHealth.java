package io.podoffload.binder;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.ThisNode;
import io.podoffload.binder.ovs.IntegrationBridge;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Ready once every VF has been looked at, and while every dependency answers; says which does not. A dependency that is down
 * is no reason to restart the binder, so liveness does not look here.
 */
@Component("binder")
final class BinderHealth implements HealthIndicator {

    private static final String UP = "up";

    private final NodeBinder binder;
    private final IntegrationBridge bridge;
    private final NodePods pods;
    private final ThisNode node;
    private final ManagedChannel kubelet;
    private final ManagedChannel runtime;

    BinderHealth(
            NodeBinder binder,
            IntegrationBridge bridge,
            NodePods pods,
            ThisNode node,
            ManagedChannel kubeletChannel,
            ManagedChannel criChannel) {
        this.binder = binder;
        this.bridge = bridge;
        this.pods = pods;
        this.node = node;
        this.kubelet = kubeletChannel;
        this.runtime = criChannel;
    }

    @Override
    public Health health() {
        Map<String, String> dependencies = new LinkedHashMap<>();
        dependencies.put("API server", apiServer());
        dependencies.put("kubelet", state(kubelet));
        dependencies.put("container runtime", state(runtime));
        dependencies.put("Open vSwitch", openVSwitch());
        boolean allUp = dependencies.values().stream().allMatch(state -> state.startsWith(UP));
        return (binder.isLooking() && allUp ? Health.up() : Health.outOfService())
                .withDetail("every VF looked at", binder.isLooking())
                .withDetails(dependencies)
                .build();
    }

    private String apiServer() {
        if (!pods.watching().isWatching()) {
            return "down: pods are not watched";
        }
        return node.watching().isWatching() ? UP : "down: the Node is not watched, so that a pause of it is not seen";
    }

    private String openVSwitch() {
        IntegrationBridge.Status status = bridge.status();
        if (!status.connected()) {
            return "down: no connection to ovsdb-server";
        }
        if (!status.locked()) {
            return "another node-binder holds the lock of this node: stop one of them";
        }
        return status.lag() == 0 ? UP : UP + ", but ovs-vswitchd is " + status.lag() + " changes behind";
    }

    /** A channel that was never used, or not for long, is idle. */
    private static String state(ManagedChannel channel) {
        ConnectivityState state = channel.getState(false);
        return state == ConnectivityState.READY || state == ConnectivityState.IDLE
                ? UP
                : "down: its socket cannot be reached (" + state + ")";
    }
}
