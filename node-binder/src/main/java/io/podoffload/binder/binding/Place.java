package io.podoffload.binder.binding;

import java.util.Set;

/** Where the netdev of a VF is. */
public sealed interface Place {

    /** In the host's namespace. */
    record AtHome(Link link) implements Place {}

    /**
     * In a pod's namespace.
     *
     * @param gateways of its default routes
     */
    record InPod(Link link, Set<InterfaceAddress> addresses, Set<String> gateways) implements Place {
        public InPod {
            addresses = Set.copyOf(addresses);
            gateways = Set.copyOf(gateways);
        }
    }

    /** Nowhere to be seen: on its way home from a dying namespace, without a driver, or in a namespace unknown to us. */
    record Away() implements Place {}
}
