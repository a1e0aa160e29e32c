package io.podoffload.binder.binding;

import java.util.Set;
import java.util.regex.Pattern;

/** Where the netdev of a VF is. */
public sealed interface Place {

    /** In the host's namespace. */
    record AtHome(Link link) implements Place {}

    /**
     * In a pod's namespace.
     *
     * @param addresses that the kernel uses
     * @param duplicates addresses of IPv6 that the kernel does not use, because another host answered for them
     * @param isAsking whether the kernel still asks for duplicates of an address
     */
    record InPod(
            Link link,
            Set<InterfaceAddress> addresses,
            Set<InterfaceAddress> duplicates,
            boolean isAsking,
            Set<Route> routes)
            implements Place {
        public InPod {
            addresses = Set.copyOf(addresses);
            duplicates = Set.copyOf(duplicates);
            routes = Set.copyOf(routes);
        }
    }

    /**
     * It has no netdev, because a driver hands the device to a program: DPDK, or a virtual machine.
     *
     * @param driver {@code vfio-pci}
     */
    record Userspace(String driver) implements Place {

        /** vfio-pci, its variants such as mlx5_vfio_pci, and uio: no netdev will come. */
        private static final Pattern DRIVER = Pattern.compile(".*vfio.*|uio.*|igb_uio");

        public static boolean isDriver(String name) {
            return DRIVER.matcher(name).matches();
        }
    }

    /** Nowhere to be seen: on its way home from a dying namespace, without a driver, or in a namespace unknown to us. */
    record Away() implements Place {}
}
