package io.podoffload.binder.binding;

import java.util.List;

/**
 * What a VF is to be inside a pod.
 *
 * @param name of the interface
 * @param gateways of the default routes it takes, at most one for each IP family
 */
public record PodInterface(
        String name, int mtu, MacAddress mac, List<InterfaceAddress> addresses, List<String> gateways) {

    public PodInterface {
        addresses = List.copyOf(addresses);
        gateways = List.copyOf(gateways);
    }

    /** Whether the interface is up and has all of this; what else it has does not matter. */
    boolean isShownBy(Place.InPod place) {
        Link link = place.link();
        return link.up()
                && link.mtu() == mtu
                && link.mac().equals(mac)
                && place.addresses().containsAll(addresses)
                && place.gateways().containsAll(gateways);
    }
}
