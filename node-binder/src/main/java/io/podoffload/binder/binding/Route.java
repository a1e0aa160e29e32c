package io.podoffload.binder.binding;

/**
 * A route of the main table by a gateway.
 *
 * @param destination canonical CIDR, {@code 0.0.0.0/0} or {@code ::/0} for a default route
 * @param gateway canonical IP literal, empty for a route without one
 */
public record Route(String destination, String gateway) {

    public static final String DEFAULT_IPV4 = "0.0.0.0/0";
    public static final String DEFAULT_IPV6 = "::/0";

    /** The default route of the gateway's IP family. */
    public static Route byDefault(String gateway) {
        return new Route(gateway.contains(":") ? DEFAULT_IPV6 : DEFAULT_IPV4, gateway);
    }

    public boolean isDefault() {
        return destination.equals(DEFAULT_IPV4) || destination.equals(DEFAULT_IPV6);
    }

    @Override
    public String toString() {
        return gateway.isEmpty() ? destination : destination + " via " + gateway;
    }
}
