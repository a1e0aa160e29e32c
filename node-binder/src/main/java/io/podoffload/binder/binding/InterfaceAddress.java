package io.podoffload.binder.binding;

/**
 * An IP address of an interface with the length of its subnet's prefix.
 *
 * @param address IPv4 or IPv6 literal
 * @param prefixLength bits of the network part
 */
public record InterfaceAddress(String address, int prefixLength) {

    public InterfaceAddress {
        int most = address.contains(":") ? 128 : 32;
        if (prefixLength < 0 || prefixLength > most) {
            throw new IllegalArgumentException(address + "/" + prefixLength + ": a prefix has 0 to " + most + " bits");
        }
    }

    public boolean isIpv6() {
        return address.contains(":");
    }

    @Override
    public String toString() {
        return address + "/" + prefixLength;
    }
}
