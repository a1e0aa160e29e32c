package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.Link;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/**
 * Sends whole Ethernet frames by one interface: packet(7). It tells neighbours where an address is now, by a gratuitous ARP
 * request (RFC 5227, section 3) or an unsolicited Neighbor Advertisement (RFC 4861, sections 4.4 and 7.2.6).
 */
public final class FrameSocket implements AutoCloseable {

    private static final short ETHERTYPE_ARP = 0x0806;
    private static final short ETHERTYPE_IPV6 = (short) 0x86dd;
    private static final byte[] BROADCAST = {-1, -1, -1, -1, -1, -1};
    private static final byte[] ALL_NODES_MAC = {0x33, 0x33, 0, 0, 0, 1};
    private static final byte[] ALL_NODES = {(byte) 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    private static final byte NEXT_HEADER_ICMPV6 = 58;
    private static final byte NEIGHBOR_ADVERTISEMENT = (byte) 136;
    private static final int OVERRIDE = 0x20000000;
    private static final int ADVERTISEMENT_LENGTH = 32;

    /** packet_release() waits for RCU, some 8 to 18 ms; no bind need wait with it. */
    private static final Executor CLOSER = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "frame-sockets");
        thread.setDaemon(true);
        return thread;
    });

    private final FileDescriptor descriptor;
    private final String name;
    private final byte[] mac;

    private FrameSocket(FileDescriptor descriptor, Link link) {
        this.descriptor = descriptor;
        this.name = link.name();
        this.mac = link.mac().bytes();
    }

    static FrameSocket open(Link link) {
        int fd = LibC.INSTANCE.socket(LibC.AF_PACKET, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw LinuxException.ofLastError("open a packet socket");
        }
        FrameSocket socket = new FrameSocket(new FileDescriptor(fd), link);
        // struct sockaddr_ll {u16 family; be16 protocol; int ifindex; u16 hatype; u8 pkttype; u8 halen; u8 addr[8]}
        byte[] address = AttributeWriter.number(20)
                .putShort((short) LibC.AF_PACKET)
                .putShort((short) 0)
                .putInt(link.index())
                .array();
        if (LibC.INSTANCE.bind(fd, address, address.length) != 0) {
            LinuxException failure = LinuxException.ofLastError("bind a packet socket to " + link.name());
            socket.close();
            throw failure;
        }
        return socket;
    }

    /** Tells all neighbours that the interface's MAC has this address. */
    public void announce(InterfaceAddress address) {
        byte[] ip = Links.bytes(address.address());
        byte[] frame = ip.length == 4 ? gratuitousArp(mac, ip) : neighborAdvertisement(mac, ip);
        if (LibC.INSTANCE.send(descriptor.number(), frame, frame.length, 0) < 0) {
            throw LinuxException.ofLastError("announce " + address + " on " + name);
        }
    }

    static byte[] gratuitousArp(byte[] mac, byte[] ip) {
        return ByteBuffer.allocate(42)
                .put(BROADCAST)
                .put(mac)
                .putShort(ETHERTYPE_ARP)
                .putShort((short) 1) // Ethernet
                .putShort((short) 0x0800) // IPv4
                .put((byte) 6)
                .put((byte) 4)
                .putShort((short) 1) // request
                .put(mac)
                .put(ip)
                .put(new byte[6])
                .put(ip)
                .array();
    }

    static byte[] neighborAdvertisement(byte[] mac, byte[] ip) {
        byte[] message = ByteBuffer.allocate(ADVERTISEMENT_LENGTH)
                .put(NEIGHBOR_ADVERTISEMENT)
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(OVERRIDE)
                .put(ip)
                .put((byte) 2) // target link-layer address
                .put((byte) 1)
                .put(mac)
                .array();
        ByteBuffer.wrap(message).putShort(2, checksum(ip, message));
        return ByteBuffer.allocate(14 + 40 + ADVERTISEMENT_LENGTH)
                .put(ALL_NODES_MAC)
                .put(mac)
                .putShort(ETHERTYPE_IPV6)
                .putInt(6 << 28)
                .putShort((short) ADVERTISEMENT_LENGTH)
                .put(NEXT_HEADER_ICMPV6)
                .put((byte) 255)
                .put(ip)
                .put(ALL_NODES)
                .put(message)
                .array();
    }

    /** Over the pseudo-header of RFC 8200, section 8.1, and the message. */
    private static short checksum(byte[] source, byte[] message) {
        ByteBuffer covered = ByteBuffer.allocate(40 + message.length)
                .put(source)
                .put(ALL_NODES)
                .putInt(message.length)
                .putInt(NEXT_HEADER_ICMPV6)
                .put(Arrays.copyOf(message, message.length))
                .flip();
        long sum = 0;
        while (covered.remaining() > 1) {
            sum += Short.toUnsignedInt(covered.getShort());
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return (short) ~sum;
    }

    /** Returns before the kernel is done with it. */
    @Override
    public void close() {
        CLOSER.execute(descriptor::close);
    }
}
