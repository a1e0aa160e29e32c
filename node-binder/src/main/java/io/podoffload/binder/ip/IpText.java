package io.podoffload.binder.ip;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * IP addresses and networks as annotations and databases have them. They are read as kube-ovn-cni reads them, and never resolved.
 *
 * @see <a href="https://pkg.go.dev/net#ParseIP">net.ParseIP</a>
 * @see <a href="https://pkg.go.dev/net#ParseCIDR">net.ParseCIDR</a>
 */
public final class IpText {

    private static final int LONGEST = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".length();

    private IpText() {}

    /** The address as RFC 5952 writes it; empty if {@code text} is no address. */
    public static Optional<String> address(String text) {
        return parse(text).map(InetAddresses::toAddrString);
    }

    /** The length of the prefix of a network such as {@code 10.16.0.0/16}; empty if {@code cidr} is none. */
    public static Optional<Integer> prefixLength(String cidr) {
        return Network.parse(cidr).map(Network::prefixLength);
    }

    /** The network of an address with a prefix, as a CIDR without host bits; empty if {@code cidr} is none. */
    public static Optional<String> network(String cidr) {
        return Network.parse(cidr).map(Network::masked);
    }

    private static Optional<InetAddress> parse(String text) {
        boolean plain = text.length() <= LONGEST && text.indexOf('%') < 0; // a zone means nothing in another namespace
        return plain && InetAddresses.isInetAddress(text)
                ? Optional.of(InetAddresses.forString(text))
                : Optional.empty();
    }

    private record Network(byte[] address, int prefixLength) {

        static Optional<Network> parse(String cidr) {
            int slash = cidr.indexOf('/');
            if (slash < 0) {
                return Optional.empty();
            }
            String digits = cidr.substring(slash + 1);
            if (digits.isEmpty() || digits.length() > 3 || !digits.chars().allMatch(one -> one >= '0' && one <= '9')) {
                return Optional.empty();
            }
            int length = Integer.parseInt(digits);
            return IpText.parse(cidr.substring(0, slash))
                    .map(InetAddress::getAddress)
                    .filter(bytes -> length <= bytes.length * Byte.SIZE)
                    .map(bytes -> new Network(bytes, length));
        }

        String masked() {
            byte[] bytes = address.clone();
            for (int index = 0; index < bytes.length; index++) {
                int bits = Math.min(Math.max(prefixLength - index * Byte.SIZE, 0), Byte.SIZE);
                bytes[index] &= (byte) (0xff << (Byte.SIZE - bits));
            }
            try {
                return InetAddresses.toAddrString(InetAddress.getByAddress(bytes)) + "/" + prefixLength;
            } catch (UnknownHostException e) {
                throw new IllegalStateException("an address has 4 or 16 bytes", e);
            }
        }
    }
}
