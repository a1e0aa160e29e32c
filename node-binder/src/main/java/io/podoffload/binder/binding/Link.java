package io.podoffload.binder.binding;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A network interface as the kernel reports it.
 *
 * @param index ifindex, unique in its namespace
 * @param name netdev name
 * @param mtu bytes
 * @param mac its current address
 * @param permanentMac address given by the device, where it has one
 * @param up administrative state
 * @param alias ifalias, empty if none
 * @param parentDevice PCI address behind it, where the kernel tells (5.14 and later)
 */
public record Link(
        int index,
        String name,
        int mtu,
        MacAddress mac,
        Optional<MacAddress> permanentMac,
        boolean up,
        String alias,
        Optional<String> parentDevice) {

    /** dev_valid_name() of the kernel, less what is no ASCII, and less {@code %}, which asks for a number. */
    private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[!-~&&[^/:%]]{1,15}");

    /** Whether the kernel takes it for the name of a link. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }
}
