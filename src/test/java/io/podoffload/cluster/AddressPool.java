package io.podoffload.cluster;

import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/** IPv4 addresses of a Subnet; the first one is the gateway's. */
final class AddressPool {

    private static final Random RANDOM = new Random();

    private final String cidr;
    private final int network;
    private final int size;
    private final Set<Integer> used = new TreeSet<>();
    private int last = 1;

    /** @param cidr such as {@code 10.66.0.0/16} */
    AddressPool(String cidr) {
        this.cidr = cidr;
        String[] parts = cidr.split("/");
        this.network = number(parts[0]);
        this.size = 1 << (32 - Integer.parseInt(parts[1]));
    }

    String cidr() {
        return cidr;
    }

    String gateway() {
        return text(network + 1);
    }

    String gatewayWithPrefix() {
        return gateway() + cidr.substring(cidr.indexOf('/'));
    }

    /** The next address that nothing has; those given back last come last. */
    String allot() {
        for (int tried = 0; tried < size; tried++) {
            last = last + 1 >= size - 1 ? 2 : last + 1;
            if (used.add(last)) {
                return text(network + last);
            }
        }
        throw new IllegalStateException("no address of " + cidr + " is free");
    }

    void reserve(String ip) {
        used.add(number(ip) - network);
    }

    void release(String ip) {
        used.remove(number(ip) - network);
    }

    /** A MAC address that is locally administered. */
    static String mac() {
        int random = RANDOM.nextInt();
        return "0a:58:%02x:%02x:%02x:%02x"
                .formatted(random >>> 24, random >>> 16 & 0xff, random >>> 8 & 0xff, random & 0xff);
    }

    private static int number(String ip) {
        int number = 0;
        for (String part : ip.split("\\.")) {
            number = number << 8 | Integer.parseInt(part);
        }
        return number;
    }

    private static String text(int ip) {
        return "%d.%d.%d.%d".formatted(ip >>> 24, ip >>> 16 & 0xff, ip >>> 8 & 0xff, ip & 0xff);
    }
}
