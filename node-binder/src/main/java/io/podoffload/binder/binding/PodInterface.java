package io.podoffload.binder.binding;

import java.util.List;

/**
 * What a VF is to be inside a pod.
 *
 * @param name of the interface
 * @param routes that it takes, the default one among them if it is to have it
 * @param alias the binder's short mark
 */
public record PodInterface(
        String name, int mtu, MacAddress mac, List<InterfaceAddress> addresses, List<Route> routes, String alias) {

    public PodInterface {
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
    }

    /** Whether the interface is up and has all of this; what else it has does not matter. */
    boolean isShownBy(Place.InPod place) {
        Link link = place.link();
        return link.up()
                && link.mtu() == mtu
                && link.mac().equals(mac)
                && link.alias().equals(alias)
                && place.addresses().containsAll(addresses)
                && place.routes().containsAll(routes);
    }
}
