package io.podoffload.binder.kernel;

import java.util.List;
import java.util.OptionalInt;

/**
 * A family of generic netlink: requests out, replies in.
 *
 * @see <a href="https://docs.kernel.org/userspace-api/netlink/intro.html#generic-netlink">Generic Netlink</a>
 */
final class Genetlink implements AutoCloseable {

    /** {@code struct genlmsghdr {u8 cmd; u8 version; u16 reserved}}. */
    static final int HEADER = 4;

    private static final int GENL_ID_CTRL = 16;
    private static final int CTRL_CMD_GETFAMILY = 3;
    private static final int CTRL_ATTR_FAMILY_ID = 1;
    private static final int CTRL_ATTR_FAMILY_NAME = 2;

    private final String name;
    private final NetlinkSocket socket;
    private final OptionalInt family;

    private Genetlink(String name, NetlinkSocket socket, OptionalInt family) {
        this.name = name;
        this.socket = socket;
        this.family = family;
    }

    static Genetlink open(String family) {
        NetlinkSocket socket = NetlinkSocket.open(LibC.NETLINK_GENERIC);
        return new Genetlink(family, socket, find(family, socket));
    }

    /** Whether this kernel has the family. */
    boolean isThere() {
        return family.isPresent();
    }

    List<NetlinkMessage> dump(String operation, AttributeWriter request) {
        return socket.dump(operation, id(operation), request.toByteArray());
    }

    List<NetlinkMessage> get(String operation, AttributeWriter request) {
        return socket.get(operation, id(operation), request.toByteArray());
    }

    void change(String operation, AttributeWriter request) {
        socket.change(operation, id(operation), 0, request.toByteArray());
    }

    private int id(String operation) {
        return family.orElseThrow(
                () -> new LinuxException(operation, Errno.EOPNOTSUPP, "this kernel has no netlink family " + name));
    }

    /** The body of a request, of which only the header is written. */
    static AttributeWriter request(int command) {
        return new AttributeWriter().header(new byte[] {(byte) command, 1, 0, 0});
    }

    private static OptionalInt find(String family, NetlinkSocket socket) {
        byte[] body = request(CTRL_CMD_GETFAMILY)
                .string(CTRL_ATTR_FAMILY_NAME, family)
                .toByteArray();
        try {
            return socket.get("find " + family, GENL_ID_CTRL, body).stream()
                    .map(message -> message.attributes(HEADER).u16(CTRL_ATTR_FAMILY_ID))
                    .findFirst()
                    .orElse(OptionalInt.empty());
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return OptionalInt.empty();
            }
            throw e;
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
